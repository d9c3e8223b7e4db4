#pragma once

#include "text/html_tree.hpp"

#include <unordered_set>

namespace rag::text {

enum class Keep {
    content,     ///< Without navigation, footers, banners, forms.
    everything,  ///< Whatever a reader could see; for pages where nothing else is left.
};

/// What a walk is inside of: the `header` of an article is content, that of a page is not.
enum class Place { page, content };

/// Whether entering the element means being inside content. The articles that some programs put
/// comments into are none.
bool is_content_root(const GumboNode& node);

/// The numbers beside lines of code.
bool is_line_number(const GumboNode& node);

/// Tells what a reader would not miss. Made once for a page, in one walk over it.
class Furniture final {
public:
    explicit Furniture(const GumboNode& body);

    /// Whether a reader who came for the content would not miss the element.
    bool is_left_out(const GumboNode& node, Keep keep, Place place) const;

private:
    void find_content(const GumboNode& node, int depth);
    bool holds_content(const GumboNode& node) const { return above_content_.contains(&node); }

    /// Elements with a content root or a main heading somewhere inside. Such an element is no
    /// furniture, whatever its name says.
    std::unordered_set<const GumboNode*> above_content_;
};

}  // namespace rag::text

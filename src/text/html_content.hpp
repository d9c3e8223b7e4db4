#pragma once

#include "text/html_tree.hpp"

namespace rag::text {

enum class Keep {
    content,     ///< Without navigation, footers, banners, forms.
    everything,  ///< Whatever a reader could see; for pages where nothing else is left.
};

/// Whether a reader who came for the content would not miss the element. `in_content` is what the
/// walk is inside of: the `header` of an article is content, that of a page is not.
enum class Place { page, content };
bool is_left_out(const GumboNode& node, Keep keep, Place place);

/// The element that holds what the page is about: main, the article, else where the paragraphs
/// stand closest; `body` when nothing stands out.
const GumboNode& main_content_of(const GumboNode& body);

/// Whether entering the element means being inside content.
bool is_content_root(const GumboNode& node);

}  // namespace rag::text

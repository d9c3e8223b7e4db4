#pragma once

#include <gumbo.h>

#include <chrono>
#include <csetjmp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

/// Deeper than this no tree is walked. Browsers nest elements 512 deep at most.
constexpr int html_depth_max = 512;

constexpr std::size_t html_parsed_bytes_max = 8U << 20U;  ///< Longer pages are scanned, not parsed.
constexpr std::size_t html_tree_bytes_max = 40U << 20U;   ///< Of the tree; some 200'000 elements.

/// Pages are parsed in milliseconds; those made to keep the parser busy are given up.
constexpr std::chrono::seconds html_parse_time_max{5};

/// The memory of one parse. Gumbo frees a tree by recursion, which a deep one turns into a stack
/// overflow, and grows without a bound on pages made for that; here both end with the arena.
class HtmlArena final {
public:
    HtmlArena() = default;
    HtmlArena(const HtmlArena&) = delete;
    HtmlArena& operator=(const HtmlArena&) = delete;

    /// Jumps to `too_large` when the tree is out of proportion, or the time is over.
    void* allocate(std::size_t bytes);

    std::jmp_buf too_large;

private:
    bool is_late();

    std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + html_parse_time_max;
    std::size_t allocations_ = 0;
    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::size_t left_ = 0;  ///< Bytes free at `free_`.
    std::byte* free_ = nullptr;
    std::size_t total_ = 0;
};

/// A parsed page. Owns its source and its nodes.
class HtmlTree final {
public:
    /// `source` is well-formed UTF-8.
    explicit HtmlTree(std::string source);
    HtmlTree(const HtmlTree&) = delete;
    HtmlTree& operator=(const HtmlTree&) = delete;

    /// Null for a page that is nested too deep, or would need too much memory.
    const GumboNode* root() const { return root_; }
    const std::string& source() const { return source_; }

private:
    std::string source_;
    HtmlArena arena_;
    const GumboNode* root_ = nullptr;
};

bool is_element(const GumboNode& node);
bool is_element(const GumboNode& node, GumboTag tag);
bool is_text(const GumboNode& node);  ///< White space included.

/// Empty for text and for elements without children.
std::span<const GumboNode* const> children_of(const GumboNode& node);

/// Empty where the element has no such attribute.
std::string_view attribute_of(const GumboNode& node, const char* name);
bool has_attribute(const GumboNode& node, const char* name);

/// The text inside, white space collapsed, at most `bytes_max` of it (cut between characters).
std::string text_of(const GumboNode& node, std::size_t bytes_max = 4096);

/// White space collapsed to single spaces, none at the ends.
std::string collapse(std::string_view text);

std::string to_lower(std::string_view text);

}  // namespace rag::text

#pragma once

#include "base/url.hpp"
#include "text/html_furniture.hpp"

#include <string>

namespace rag::text {

/// What becomes of links that nothing is there to resolve against.
enum class RelativeLinks { keep, drop };

struct MarkdownOptions {
    Keep keep = Keep::content;
    const Furniture& furniture;  ///< Of the page that the element stands in.
    const Url* base = nullptr;   ///< What links and images are resolved against; null leaves them.
    RelativeLinks relative_links = RelativeLinks::keep;
};

/// The element's content as Markdown: headings, lists, tables, fenced code with its language,
/// quotes, links, alternative texts of images. Lines end with \n, the last one too.
std::string write_markdown(const GumboNode& node, const MarkdownOptions& options);

}  // namespace rag::text

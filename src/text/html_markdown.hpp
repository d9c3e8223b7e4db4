#pragma once

#include "text/html_content.hpp"

#include <string>

namespace rag::text {

/// The element's content as Markdown: headings, lists, tables, fenced code with its language,
/// quotes, links, alternative texts of images. Lines end with \n, the last one too.
std::string write_markdown(const GumboNode& node, Keep keep);

}  // namespace rag::text

#pragma once

#include "text/html.hpp"

#include <string_view>

namespace rag::text {

/// Whether a browser's tree of the page would be deeper than anybody writes by hand or by program:
/// from its tags alone, in linear time. The parser's work grows with the length times the depth.
bool is_too_deep(std::string_view source);

/// What can be told of a page without its tree: title, language, robots, base, links, and the text
/// between the tags, those of scripts and styles apart. Linear in time, for pages that are too
/// large, too deep or too broken to be parsed. `source` is well-formed UTF-8.
HtmlPage scan_html(std::string_view source);

}  // namespace rag::text

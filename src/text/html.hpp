#pragma once

#include "text/extract.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

constexpr std::size_t source_bytes_max = 32U << 20U;  ///< Of anything that text is extracted from.
constexpr std::size_t html_links_max = 20'000;        ///< Further links of a page are ignored.

struct HtmlLink {
    std::string href;  ///< As written, trimmed: often relative to `HtmlPage::base_href`.
    std::string rel;   ///< Lower case, e.g. "nofollow noopener".
    std::string text;  ///< On one line.
};

/// What a page says and where it leads.
struct HtmlPage {
    ExtractedText extracted;      ///< Markdown; file_type "html".
    std::vector<HtmlLink> links;  ///< `<a href>` and `<area href>` of the whole page, in order.
    std::string base_href;        ///< `<base href>`; empty without one.
    std::string canonical_url;    ///< `<link rel=canonical>` as written; empty without one.
    std::string robots;           ///< `<meta name=robots>` in lower case, e.g. "noindex, nofollow".
    std::string description;      ///< `<meta name=description>`, else og:description.
    std::string language;         ///< `<html lang>`, e.g. "en-US"; empty without one.
};

/// Reads a page of any quality. `content_type` is that of the HTTP answer, for its charset; may be
/// empty. Throws Error{invalid_argument} for more than source_bytes_max. A page nested deeper than
/// any browser allows is read without its tags.
HtmlPage read_html(std::string_view bytes, std::string_view content_type);

}  // namespace rag::text

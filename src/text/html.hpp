#pragma once

#include "base/url.hpp"
#include "text/extract.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

constexpr std::size_t source_bytes_max = 32U << 20U;  ///< Of anything that text is extracted from.
constexpr std::size_t html_bytes_max = 12U << 20U;    ///< Of one HTML page.
constexpr std::size_t html_links_max = 20'000;        ///< Further links of a page are ignored.

struct HtmlLink {
    std::string href;  ///< As written, trimmed: often relative to `HtmlPage::base_href`.
    std::string rel;   ///< Lower case, e.g. "nofollow noopener".
    std::string text;  ///< On one line.
};

/// What a page's markup says of what its scripts would do.
struct ScriptSigns {
    std::size_t scripts = 0;  ///< Elements whose script a browser would run.
    /// An element that scripts fill (`<div id=root></div>`, `<app-root></app-root>`) is empty, or a
    /// noscript element asks for scripts.
    bool awaits_scripts = false;
};

/// What a page says and where it leads.
struct HtmlPage {
    ExtractedText extracted;      ///< Markdown; file_type "html".
    std::vector<HtmlLink> links;  ///< `<a href>` and `<area href>` of the whole page, in order.
    /// What `links` are relative to: HtmlOptions::url, `base_href` applied. Null without a URL.
    std::optional<Url> base;
    std::string base_href;      ///< `<base href>`; empty without one.
    std::string canonical_url;  ///< `<link rel=canonical>` as written; empty without one.
    std::string markdown_url;   ///< `<link rel=alternate type=text/markdown>` as written.
    std::string robots;         ///< `<meta name=robots>` in lower case, e.g. "noindex, nofollow".
    std::string description;    ///< `<meta name=description>`, else og:description.
    std::string language;       ///< `<html lang>`, e.g. "en-US"; empty without one.
    Metadata facts = Metadata::object();  ///< What it says for machines; see html_facts.hpp.
    std::vector<std::string> fact_forms;  ///< In which forms it says that: "json_ld", ...
    ScriptSigns scripts;                  ///< None for a page that is read without its structure.
};

/// What of a page becomes text.
enum class PageContent {
    main,   ///< Without navigation, footers, banners: a page of a site.
    whole,  ///< All of it: a chapter of a book, a letter. Links into it mean nothing elsewhere.
};

struct HtmlOptions {
    /// Where the page was found. With it, links and images in the Markdown are written absolute.
    std::optional<Url> url = {};
    PageContent content = PageContent::main;
};

/// Reads a page of any quality. `content_type` is that of the HTTP answer, for its charset; may be
/// empty. Throws Error{invalid_argument} for more than html_bytes_max. A page larger than 8 MiB,
/// nested deeper than any browser allows, or made to grow out of proportion is read without its
/// structure: title, links, and plain text.
HtmlPage read_html(std::string_view bytes, std::string_view content_type,
                   const HtmlOptions& options = {});

}  // namespace rag::text

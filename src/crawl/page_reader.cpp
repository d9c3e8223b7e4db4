#include "crawl/page_reader.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/detect.hpp"
#include "text/extract.hpp"
#include "text/html.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rag::crawl {
namespace {

constexpr std::size_t links_max = 20'000;

/// Below this a page with scripts says nothing of its own, in characters that are not white space.
constexpr std::int64_t bare_text_max = 100;
/// Below this it does so where its markup shows that scripts are to fill it.
constexpr std::int64_t sparse_text_max = 500;

std::string media_type(const HttpResponse& response) {
    const std::string_view written = response.header("content-type");
    return ascii_lower(trim(written.substr(0, written.find(';'))));
}

std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

bool holds_token(std::string_view text, std::string_view token) {
    while (!text.empty()) {
        if (take_until(text, ' ') == token) {
            return true;
        }
    }
    return false;
}

IndexOrders orders_of(const HttpResponse& response, const std::string& product) {
    IndexOrders orders;
    for (const auto& [name, value] : response.headers) {
        if (name == "x-robots-tag") {
            orders.add(value, product);
        }
    }
    return orders;
}

bool needs_scripts(const text::HtmlPage& html) {
    const std::string& text = html.extracted.text;
    std::int64_t length = 0;
    for (const char c : text) {
        // Of a character's bytes the first one alone.
        length += static_cast<unsigned char>(c) > ' ' && (c & 0xC0) != 0x80 ? 1 : 0;
    }
    return html.scripts.scripts > 0 &&
           (length < bare_text_max || (length < sparse_text_max && html.scripts.awaits_scripts));
}

void read_html_page(const HttpResponse& response, const Url& url, const std::string& product,
                    ReadPage& page) {
    text::HtmlPage html = text::read_html(response.body, response.header("content-type"), {url});
    IndexOrders orders = orders_of(response, product);
    orders.add(html.robots, product);
    page.may_index = orders.index;
    const Url base = html.base.value_or(url);
    for (const text::HtmlLink& link : html.links) {
        const auto target = resolve_url(base, link.href);
        if (orders.follow && target && !holds_token(link.rel, "nofollow")) {
            page.links.push_back(*target);
        }
    }
    if (!html.canonical_url.empty()) {
        page.canonical = resolve_url(base, html.canonical_url);
    }
    page.is_html = true;
    page.needs_scripts = needs_scripts(html);
    if (!html.markdown_url.empty()) {
        page.twin = resolve_url(base, html.markdown_url);
    }
    page.title = std::move(html.extracted.title);
    page.markdown = std::move(html.extracted.text);
    page.metadata = std::move(html.facts);
    page.metadata["description"] = html.description;
    page.metadata["language"] = html.language;
}

void read_text_page(const HttpResponse& response, const Url& url, const std::string& type,
                    const std::string& product, ReadPage& page) {
    text::ExtractedText text = text::extract_text(response.body, {url.path, type});
    const IndexOrders orders = orders_of(response, product);
    page.may_index = orders.index;
    if (orders.follow && (text.format == text::TextFormat::markdown || type == "text/markdown" ||
                          url.path.ends_with("/llms.txt"))) {
        for (const std::string& link : markdown_links(text.text)) {
            if (const auto target = resolve_url(url, link)) {
                page.links.push_back(*target);
            }
        }
    }
    page.title = std::move(text.title);
    page.markdown = std::move(text.text);
}

}  // namespace

void IndexOrders::add(std::string_view value, const std::string& product) {
    const std::string all = ascii_lower(value);
    std::string_view rest = all;
    bool ours = true;
    while (!rest.empty()) {
        std::string_view order = trim(take_until(rest, ','));
        const std::size_t colon = order.find(':');
        if (colon != std::string_view::npos) {
            const std::string_view name = trim(order.substr(0, colon));
            constexpr std::array<std::string_view, 4> valued{
                "max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"};
            if (std::find(valued.begin(), valued.end(), name) != valued.end()) {
                continue;
            }
            ours = name == product;
            order = trim(order.substr(colon + 1));
        }
        // Some write their orders with spaces between.
        while (ours && !order.empty()) {
            const std::string_view word = take_until(order, ' ');
            index = index && word != "noindex" && word != "none";
            follow = follow && word != "nofollow" && word != "none";
        }
    }
}

ReadPage read_page(const HttpResponse& response, const Url& url, const std::string& product) {
    ReadPage page;
    const std::string type = media_type(response);
    const bool html = type.empty() || type == "text/html" || type == "application/xhtml+xml";
    if (!html && !type.starts_with("text/")) {
        page.refusal = "The page is of type " + type +
                       "; pages of HTML, Markdown and plain text and documents are read.";
        return page;
    }
    try {
        if (html) {
            read_html_page(response, url, product, page);
        } else {
            read_text_page(response, url, type, product, page);
        }
    } catch (const Error& error) {
        page = {};
        page.refusal = error.message();
    }
    return page;
}

std::optional<ReadPage> read_document_page(const CallContext& context, DocumentReader& documents,
                                           const HttpResponse& response, const Url& url,
                                           const std::string& product) {
    const auto source = text::detect_source(response.body, {url.path, media_type(response)});
    if (!source.document) {
        return std::nullopt;
    }
    ReadPage page;
    page.may_index = orders_of(response, product).index;
    try {
        ReadDocument read = documents.read(context, *source.document, response.body);
        page.title = std::move(read.title);
        page.markdown = std::move(read.markdown);
        page.metadata = std::move(read.metadata);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::invalid_argument) {
            throw;
        }
        page = {};
        page.refusal = error.message();
    }
    return page;
}

std::vector<std::string> markdown_links(std::string_view text) {
    std::vector<std::string> links;
    bool in_code = false;
    const auto keep = [&](std::string_view target) {
        target = trim(target);
        if (!target.empty() && links.size() < links_max) {
            links.emplace_back(target.substr(0, target.find_first_of(" \t")));
        }
    };
    while (!text.empty()) {
        const std::string_view line = take_until(text, '\n');
        const std::string_view bare = trim(line);
        if (bare.starts_with("```") || bare.starts_with("~~~")) {
            in_code = !in_code;
        }
        if (in_code) {
            continue;
        }
        if (bare.starts_with('[') && bare.find("]: ") != std::string_view::npos) {
            keep(bare.substr(bare.find("]: ") + 3));
        }
        for (std::size_t at = line.find("]("); at != std::string_view::npos;
             at = line.find("](", at + 2)) {
            std::string_view target = line.substr(at + 2);
            target = target.starts_with('<') ? target.substr(1, target.find('>') - 1)
                                             : target.substr(0, target.find(')'));
            keep(target);
        }
        for (std::size_t at = line.find("<http"); at != std::string_view::npos;
             at = line.find("<http", at + 5)) {
            const std::size_t end = line.find('>', at);
            if (end != std::string_view::npos) {
                keep(line.substr(at + 1, end - at - 1));
            }
        }
    }
    return links;
}

}  // namespace rag::crawl

#include "text/html.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"
#include "text/decode.hpp"
#include "text/html_content.hpp"
#include "text/html_facts.hpp"
#include "text/html_markdown.hpp"
#include "text/html_scan.hpp"
#include "text/html_scripts.hpp"

#include <algorithm>
#include <iterator>

namespace rag::text {
namespace {

/// Everything a page says about itself, gathered in one walk.
class HeadReader final {
public:
    HtmlPage page;
    std::string title;
    std::string og_title;
    std::string og_description;
    std::string first_heading;
    const GumboNode* body = nullptr;

    void read(const GumboNode& node, int depth) {
        if (depth > html_depth_max || !is_element(node)) {
            return;
        }
        read_element(node);
        for (const GumboNode* child : children_of(node)) {
            read(*child, depth + 1);
        }
    }

private:
    void read_element(const GumboNode& node) {
        switch (node.v.element.tag) {
            case GUMBO_TAG_HTML:
                keep_first(page.language, collapse(attribute_of(node, "lang")));
                break;
            case GUMBO_TAG_BODY: body = body == nullptr ? &node : body; break;
            case GUMBO_TAG_BASE:
                keep_first(page.base_href, collapse(attribute_of(node, "href")));
                break;
            case GUMBO_TAG_TITLE:
                // An SVG's title is another thing.
                if (node.v.element.tag_namespace == GUMBO_NAMESPACE_HTML) {
                    keep_first(title, text_of(node));
                }
                break;
            case GUMBO_TAG_H1:
                if (first_heading.empty()) {
                    first_heading = text_of(node);
                }
                break;
            case GUMBO_TAG_META: read_meta(node); break;
            case GUMBO_TAG_LINK: read_relation(node); break;
            case GUMBO_TAG_A:
            case GUMBO_TAG_AREA: read_link(node); break;
            default: break;
        }
    }

    static void keep_first(std::string& kept, std::string value) {
        if (kept.empty()) {
            kept = std::move(value);
        }
    }

    void read_relation(const GumboNode& node) {
        const std::string relation = to_lower(attribute_of(node, "rel"));
        if (relation == "canonical") {
            keep_first(page.canonical_url, collapse(attribute_of(node, "href")));
        } else if (relation == "alternate" &&
                   to_lower(attribute_of(node, "type")) == "text/markdown") {
            keep_first(page.markdown_url, collapse(attribute_of(node, "href")));
        }
    }

    void read_meta(const GumboNode& node) {
        std::string name = to_lower(attribute_of(node, "name"));
        if (name.empty()) {
            name = to_lower(attribute_of(node, "property"));
        }
        std::string content = collapse(attribute_of(node, "content"));
        if (name == "description") {
            keep_first(page.description, std::move(content));
        } else if (name == "og:description") {
            keep_first(og_description, std::move(content));
        } else if (name == "og:title") {
            keep_first(og_title, std::move(content));
        } else if (name == "robots" && !content.empty()) {
            // Several of them add up.
            page.robots += (page.robots.empty() ? "" : ", ") + to_lower(content);
        }
    }

    void read_link(const GumboNode& node) {
        constexpr std::size_t link_text_bytes_max = 256;
        std::string href = collapse(attribute_of(node, "href"));
        if (!href.empty() && page.links.size() < html_links_max) {
            page.links.push_back({std::move(href), to_lower(collapse(attribute_of(node, "rel"))),
                                  text_of(node, link_text_bytes_max)});
        }
    }
};

std::string render_content(const GumboNode& body, const Url* base, PageContent content) {
    const Furniture furniture(body);
    if (content == PageContent::whole) {
        return write_markdown(body, {Keep::everything, furniture, base, RelativeLinks::drop});
    }
    std::string text =
        write_markdown(main_content_of(body, furniture), {Keep::content, furniture, base});
    if (is_blank(text)) {
        text = write_markdown(body, {Keep::content, furniture, base});
    }
    return is_blank(text) ? write_markdown(body, {Keep::everything, furniture, base}) : text;
}

/// Character references can bring in what decoding took out. Characters that nobody sees (soft
/// hyphens, zero width spaces) stand in the middle of words, where no search would look for them.
std::string cleaned(std::string text) {
    std::erase(text, '\0');
    if (!is_utf8(text)) {
        text = replace_invalid_utf8(text);
    }
    constexpr std::string_view unseen[] = {"\u00AD", "\u200B", "\uFEFF"};
    std::size_t kept = 0;
    for (std::size_t i = 0; i < text.size();) {
        const std::string_view rest = std::string_view(text).substr(i, 3);
        const auto* const found =
            std::find_if(std::begin(unseen), std::end(unseen),
                         [&](std::string_view one) { return rest.starts_with(one); });
        if (found != std::end(unseen)) {
            i += found->size();
        } else {
            text[kept++] = text[i++];
        }
    }
    text.resize(kept);
    return text;
}

std::optional<Url> base_of(const HtmlPage& page, const HtmlOptions& options) {
    if (!options.url || page.base_href.empty()) {
        return options.url;
    }
    const std::optional<Url> base = resolve_url(*options.url, page.base_href);
    return base ? base : options.url;
}

void fill_metadata(HtmlPage& page) {
    ExtractedText& extracted = page.extracted;
    extracted.title = cleaned(std::move(extracted.title));
    extracted.text = cleaned(std::move(extracted.text));
    extracted.format = TextFormat::markdown;
    extracted.file_type = "html";
    page.description = cleaned(std::move(page.description));
    page.language = cleaned(page.language);
    if (!page.description.empty()) {
        extracted.metadata["description"] = page.description;
    }
    if (!page.language.empty()) {
        extracted.metadata["language"] = page.language;
    }
    if (!page.canonical_url.empty()) {
        extracted.metadata["canonical_url"] = cleaned(page.canonical_url);
    }
}

HtmlPage read_tree(const GumboNode& root, const HtmlOptions& options) {
    HeadReader reader;
    reader.read(root, 0);
    HtmlPage page = std::move(reader.page);
    HtmlFacts facts = read_facts(root);
    page.facts = std::move(facts.values);
    page.fact_forms = std::move(facts.forms);
    page.scripts = read_script_signs(root);
    for (std::string* title : {&reader.title, &reader.og_title, &reader.first_heading}) {
        if (page.extracted.title.empty()) {
            page.extracted.title = std::move(*title);
        }
    }
    if (page.description.empty()) {
        page.description = std::move(reader.og_description);
    }
    if (reader.body != nullptr) {
        const std::optional<Url> base = base_of(page, options);
        page.extracted.text =
            render_content(*reader.body, base ? &*base : nullptr, options.content);
    }
    return page;
}

}  // namespace

HtmlPage read_html(std::string_view bytes, std::string_view content_type,
                   const HtmlOptions& options) {
    if (bytes.size() > html_bytes_max) {
        throw Error(ErrorCode::invalid_argument,
                    "The page holds " + std::to_string(bytes.size()) + " bytes; at most " +
                        std::to_string(html_bytes_max) + " can be read. Split it first.");
    }
    std::string charset = charset_of(content_type);
    if (charset.empty()) {
        charset = charset_in_html(bytes);
    }
    const HtmlTree tree(decode_text(bytes, charset));
    HtmlPage page =
        tree.root() == nullptr ? scan_html(tree.source()) : read_tree(*tree.root(), options);
    page.base = base_of(page, options);
    fill_metadata(page);
    return page;
}

}  // namespace rag::text

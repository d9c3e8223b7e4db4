#include "text/html_scan.hpp"

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/html_tree.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace rag::text {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_space_or_slash(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '/';
}

/// What stands between angle brackets.
struct Tag {
    std::string name;             ///< Lower case; empty for comments and declarations.
    std::string_view attributes;  ///< All that follows the name.
    bool closes = false;          ///< An end tag.
    bool stands_alone = false;    ///< Ends with a slash.
    std::size_t begin = 0;
    std::size_t end = 0;  ///< Behind the closing bracket.
};

/// The next tag at or after `from`; `begin` is the source's size when there is none. An attribute's
/// value may hold a closing bracket; that is right for what people write, and harmless elsewhere.
Tag next_tag(std::string_view source, std::size_t from) {
    Tag tag;
    tag.begin = std::min(source.find('<', from), source.size());
    tag.end = source.size();
    if (source.substr(tag.begin).starts_with("<!--")) {
        const std::size_t close = source.find("-->", tag.begin + 4);
        tag.end = close == std::string_view::npos ? source.size() : close + 3;
        return tag;
    }
    constexpr std::size_t name_bytes_max = 32;
    tag.closes = tag.begin + 1 < source.size() && source[tag.begin + 1] == '/';
    const std::size_t name = std::min(tag.begin + (tag.closes ? 2 : 1), source.size());
    std::size_t i = name;
    while (i < source.size() && source[i] != '>' && !is_space_or_slash(source[i])) {
        ++i;
    }
    if (name < source.size() && is_letter(source[name])) {
        tag.name = to_lower(source.substr(name, std::min(i - name, name_bytes_max)));
    } else if (tag.begin < source.size() && i == name) {
        tag.end = std::min(tag.begin + 1, source.size());  // A bracket that begins no tag.
        return tag;
    }
    const std::size_t attributes = i;
    char quote = 0;
    for (; i < source.size() && (quote != 0 || source[i] != '>'); ++i) {
        if (quote != 0) {
            quote = source[i] == quote ? '\0' : quote;
        } else if ((source[i] == '"' || source[i] == '\'') && source[i - 1] == '=') {
            quote = source[i];
        }
    }
    tag.attributes = source.substr(attributes, i - attributes);
    tag.stands_alone = tag.attributes.ends_with('/');
    tag.end = std::min(i + 1, source.size());
    return tag;
}

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool holds_raw_text(std::string_view name) {
    return is_any_of(name, {"script", "style", "textarea", "title", "xmp", "iframe", "noframes"});
}

/// Where the end tag of a raw text element begins.
std::size_t raw_text_end(std::string_view source, std::size_t from, std::string_view name) {
    const auto is_same = [](char a, char b) {
        return (is_letter(a) ? static_cast<char>(a | 0x20) : a) == b;
    };
    for (std::size_t i = source.find("</", from); i != std::string_view::npos;
         i = source.find("</", i + 2)) {
        const std::string_view found = source.substr(i + 2, name.size());
        if (std::equal(found.begin(), found.end(), name.begin(), name.end(), is_same)) {
            return i;
        }
    }
    return source.size();
}

/// Elements that never stay open, or are closed by the next of their kind.
bool nests(std::string_view tag) {
    constexpr auto flat = std::to_array<std::string_view>({
        "area",  "base", "br",    "col",    "dd",    "dt", "embed", "hr",  "img", "input",
        "li",    "link", "meta",  "option", "p",     "rb", "param", "rp",  "rt",  "source",
        "tbody", "td",   "tfoot", "th",     "thead", "tr", "track", "wbr",
    });
    return std::find(flat.begin(), flat.end(), tag) == flat.end();
}

/// End tags close these alone; the parser opens again what stood inside of other elements.
bool is_formatting(std::string_view tag) {
    return is_any_of(tag, {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small",
                           "strike", "strong", "tt", "u"});
}

/// The elements that a parser would have open.
class OpenElements final {
public:
    void see(const Tag& tag) {
        const bool foreign = foreign_ > 0 || is_foreign_root(tag.name);
        if (tag.closes) {
            close(tag.name);
        } else if (!(foreign && tag.stands_alone) && (foreign || nests(tag.name))) {
            open_.push_back({std::hash<std::string>()(tag.name), is_formatting(tag.name),
                             is_foreign_root(tag.name)});
            foreign_ += open_.back().foreign ? 1 : 0;
        }
    }
    std::size_t depth() const { return open_.size(); }

private:
    struct Element {
        std::size_t name = 0;  ///< Its hash.
        bool formatting = false;
        bool foreign = false;
    };

    /// Inside of these every element nests.
    static bool is_foreign_root(std::string_view name) { return name == "svg" || name == "math"; }

    void close(const std::string& name) {
        const std::size_t hash = std::hash<std::string>()(name);
        const auto found = std::find_if(open_.rbegin(), open_.rend(),
                                        [&](const Element& one) { return one.name == hash; });
        if (found == open_.rend()) {
            return;
        }
        const auto first = found.base() - 1;
        if (first->formatting) {
            open_.erase(first);
            return;
        }
        open_.erase(std::remove_if(first, open_.end(),
                                   [&](const Element& one) {
                                       foreign_ -= one.foreign ? 1 : 0;
                                       return !one.formatting;
                                   }),
                    open_.end());
    }

    std::vector<Element> open_;
    int foreign_ = 0;
};

/// Text on one line: white space collapsed, the usual character references resolved.
class LineWriter final {
public:
    std::string line;

    void append(std::string_view text) {
        for (std::size_t i = 0; i < text.size();) {
            // Words of ASCII at once: most of a page is made of them.
            std::size_t end = i;
            while (end < text.size() && text[end] > ' ' && text[end] != '&' && text[end] < 0x7F) {
                ++end;
            }
            if (end > i) {
                append_word(text.substr(i, end - i));
                i = end;
            } else if (text[i] == '&') {
                i += append_reference(text.substr(i));
            } else {
                const DecodedCodePoint c = decode_utf8(text, i);
                is_space(c.value) ? add_gap() : append_word(text.substr(i, c.bytes));
                i += c.bytes;
            }
        }
    }
    void add_gap() { gap_ = !line.empty(); }

private:
    void append_word(std::string_view word) {
        line.append(gap_ ? " " : "").append(word);
        gap_ = false;
    }

    std::size_t append_reference(std::string_view text) {
        constexpr auto references =
            std::to_array<std::pair<std::string_view, std::string_view>>({{"&amp;", "&"},
                                                                          {"&lt;", "<"},
                                                                          {"&gt;", ">"},
                                                                          {"&quot;", "\""},
                                                                          {"&#39;", "'"},
                                                                          {"&nbsp;", " "}});
        for (const auto& [reference, meaning] : references) {
            if (text.starts_with(reference)) {
                meaning == " " ? add_gap() : append_word(meaning);
                return reference.size();
            }
        }
        append_word("&");
        return 1;
    }

    bool gap_ = false;
};

std::string on_one_line(std::string_view text) {
    LineWriter writer;
    writer.append(text);
    return std::move(writer.line);
}

std::string attribute_in(const Tag& tag, std::string_view wanted) {
    constexpr std::size_t attributes_max = 64;
    const std::string_view text = tag.attributes;
    std::size_t i = 0;
    for (std::size_t count = 0; count < attributes_max && i < text.size(); ++count) {
        while (i < text.size() && is_space_or_slash(text[i])) {
            ++i;
        }
        const std::size_t name = i;
        while (i < text.size() && text[i] != '=' && !is_space_or_slash(text[i])) {
            ++i;
        }
        const bool found = to_lower(text.substr(name, i - name)) == wanted;
        std::string_view value;
        if (i < text.size() && text[i] == '=') {
            ++i;
            const char quote = i < text.size() && (text[i] == '"' || text[i] == '\'') ? text[i] : 0;
            const std::size_t begin = quote == 0 ? i : i + 1;
            const std::size_t end =
                quote == 0 ? text.find_first_of(" \t\r\n", begin) : text.find(quote, begin);
            i = std::min(end, text.size());
            value = text.substr(std::min(begin, text.size()), i - std::min(begin, i));
            i += quote != 0 ? 1 : 0;
        }
        if (found) {
            return on_one_line(value);
        }
    }
    return {};
}

class Scanner final {
public:
    explicit Scanner(std::string_view source) : source_(source) {
        text_.line.reserve(source.size());  // Never more, so that growing copies nothing.
    }

    HtmlPage scan() {
        std::size_t i = 0;
        while (i < source_.size()) {
            const Tag tag = next_tag(source_, i);
            text_.append(source_.substr(i, tag.begin - i));
            text_.add_gap();
            i = tag.end;
            if (!tag.closes && !tag.name.empty()) {
                read(tag);
            }
            if (!tag.closes && holds_raw_text(tag.name)) {
                const std::size_t end = raw_text_end(source_, i, tag.name);
                if (tag.name == "title" && page_.extracted.title.empty()) {
                    page_.extracted.title =
                        on_one_line(source_.substr(i, std::min(end - i, title_bytes_max)));
                }
                i = end;
            }
        }
        page_.extracted.text = std::move(text_.line);
        return std::move(page_);
    }

private:
    static constexpr std::size_t title_bytes_max = 4096;

    void read(const Tag& tag) {
        if (tag.name == "html" && page_.language.empty()) {
            page_.language = attribute_in(tag, "lang");
        } else if (tag.name == "base" && page_.base_href.empty()) {
            page_.base_href = attribute_in(tag, "href");
        } else if (tag.name == "meta" && to_lower(attribute_in(tag, "name")) == "robots") {
            const std::string content = to_lower(attribute_in(tag, "content"));
            page_.robots += (page_.robots.empty() ? "" : ", ") + content;
        } else if ((tag.name == "a" || tag.name == "area") && page_.links.size() < html_links_max) {
            std::string href = attribute_in(tag, "href");
            if (!href.empty()) {
                page_.links.push_back(
                    {std::move(href), to_lower(attribute_in(tag, "rel")), text_after(tag)});
            }
        }
    }

    /// Up to the next tag, which is most often the link's end.
    std::string text_after(const Tag& tag) const {
        constexpr std::size_t link_text_bytes_max = 256;
        const std::string_view rest = source_.substr(tag.end, link_text_bytes_max);
        return on_one_line(rest.substr(0, std::min(rest.find('<'), rest.size())));
    }

    std::string_view source_;
    LineWriter text_;
    HtmlPage page_;
};

}  // namespace

bool is_too_deep(std::string_view source) {
    OpenElements open;
    for (std::size_t i = 0; i < source.size();) {
        const Tag tag = next_tag(source, i);
        i = tag.end;
        if (tag.name.empty()) {
            continue;
        }
        open.see(tag);
        if (open.depth() > static_cast<std::size_t>(html_depth_max)) {
            return true;
        }
        if (!tag.closes && holds_raw_text(tag.name) && !tag.stands_alone) {
            i = raw_text_end(source, i, tag.name);
        }
    }
    return false;
}

HtmlPage scan_html(std::string_view source) {
    return Scanner(source).scan();
}

}  // namespace rag::text

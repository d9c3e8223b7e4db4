#include "text/html_furniture.hpp"

#include <algorithm>
#include <array>

namespace rag::text {
namespace {

constexpr std::size_t names_bytes_max = 512;  ///< Of a class attribute; the rest is not looked at.

bool is_never_read(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_SCRIPT:
        case GUMBO_TAG_STYLE:
        case GUMBO_TAG_NOSCRIPT:
        case GUMBO_TAG_TEMPLATE:
        case GUMBO_TAG_HEAD:
        case GUMBO_TAG_SVG:
        case GUMBO_TAG_IFRAME:
        case GUMBO_TAG_CANVAS:
        case GUMBO_TAG_OBJECT:
        case GUMBO_TAG_AUDIO:
        case GUMBO_TAG_VIDEO: return true;
        default: return false;
    }
}

bool is_control(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_BUTTON:
        case GUMBO_TAG_SELECT:
        case GUMBO_TAG_INPUT:
        case GUMBO_TAG_TEXTAREA:
        case GUMBO_TAG_DATALIST: return true;
        default: return false;
    }
}

/// Words in class names and ids, cut at hyphens, underscores and inner capitals.
constexpr auto furniture_words = std::to_array<std::string_view>({
    "ad",          "ads",          "advert",   "advertisement", "back2top",     "backlink",
    "breadcrumb",  "breadcrumbs",  "catlinks", "ccpa",          "comments",     "consent",
    "cookie",      "cookiebanner", "cookies",  "crumbs",        "disqus",       "editsection",
    "footer",      "gdpr",         "jumpbox",  "kicker",        "mainmenu",     "menu",
    "menubar",     "nav",          "navbar",   "navbox",        "navigation",   "newsletter",
    "noprint",     "onetrust",     "pager",    "pagination",    "paywall",      "popup",
    "postprofile", "printfooter",  "promo",    "related",       "relatedposts", "respond",
    "share",       "sharedaddy",   "sharing",  "sidebar",       "signature",    "signup",
    "skip",        "skiplink",     "social",   "sponsor",       "submeta",      "subscribe",
    "toc",         "tooltip",
});
static_assert(std::is_sorted(furniture_words.begin(), furniture_words.end()));

/// Whole class names. Each is what one widespread generator calls furniture, made of words that
/// mean little alone.
constexpr auto furniture_classes = std::to_array<std::string_view>({
    "action-bar",      "author-bio",
    "author-box",      "cat-links",
    "last-modified",   "last-updated",
    "lastmod",         "lastupdated",
    "md-source-file",  "mw-jump-link",
    "online-list",     "page-nav",
    "post-buttons",    "screen-reader-text",
    "show-on-focus",   "site-notice",
    "sitenotice",      "sr-only",
    "stat-block",      "tag-links",
    "tags-links",      "theme-doc-version-badge",
    "visually-hidden", "visuallyhidden",
});
static_assert(std::is_sorted(furniture_classes.begin(), furniture_classes.end()));

constexpr auto line_number_classes = std::to_array<std::string_view>({
    "blob-num",
    "gutter",
    "line-number",
    "line-numbers",
    "line-numbers-rows",
    "lineno",
    "linenodiv",
    "linenos",
    "linenumber",
    "linenumbers",
    "ln",
    "lnt",
});
static_assert(std::is_sorted(line_number_classes.begin(), line_number_classes.end()));

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

/// Calls `visit` with each class name, or with the id, until it returns true.
template <class Visit>
bool any_name(std::string_view names, Visit visit) {
    names = names.substr(0, names_bytes_max);
    for (std::size_t i = 0; i < names.size();) {
        const std::size_t end = std::min(names.find_first_of(" \t\n\r\f", i), names.size());
        if (end > i && visit(names.substr(i, end - i))) {
            return true;
        }
        i = end + 1;
    }
    return false;
}

bool holds_furniture_word(std::string_view name) {
    for (std::size_t i = 0; i < name.size();) {
        std::size_t end = i;
        while (end < name.size() && name[end] != '-' && name[end] != '_' &&
               (end == i || !is_capital(name[end]) || is_capital(name[end - 1]))) {
            ++end;
        }
        const std::string word = to_lower(name.substr(i, end - i));
        if (std::binary_search(furniture_words.begin(), furniture_words.end(), word)) {
            return true;
        }
        i = end + (end < name.size() && is_capital(name[end]) ? 0 : 1);
    }
    return false;
}

bool is_furniture_class(std::string_view name) {
    return std::binary_search(furniture_classes.begin(), furniture_classes.end(), to_lower(name));
}

bool names_furniture(std::string_view names) {
    return any_name(names, [](std::string_view name) {
        return holds_furniture_word(name) || is_furniture_class(name);
    });
}

bool is_named_furniture(const GumboNode& node) {
    switch (node.v.element.tag) {
        case GUMBO_TAG_DIV:
        case GUMBO_TAG_SECTION:
        case GUMBO_TAG_UL:
        case GUMBO_TAG_DL:
        case GUMBO_TAG_DETAILS:
        case GUMBO_TAG_SPAN:
        case GUMBO_TAG_P:
        case GUMBO_TAG_A:
        case GUMBO_TAG_TABLE:
        case GUMBO_TAG_HEADER:
        case GUMBO_TAG_UNKNOWN: break;
        // Words in the classes of headings tell how they behave: "anchorWithStickyNavbar".
        case GUMBO_TAG_H1:
        case GUMBO_TAG_H2:
        case GUMBO_TAG_H3: return any_name(attribute_of(node, "class"), is_furniture_class);
        default: return false;
    }
    // A remark to the reader may well speak of navigation.
    return attribute_of(node, "role") != "note" && (names_furniture(attribute_of(node, "class")) ||
                                                    names_furniture(attribute_of(node, "id")));
}

bool is_hidden(const GumboNode& node) {
    if (has_attribute(node, "hidden") || attribute_of(node, "aria-hidden") == "true") {
        return true;
    }
    std::string style = to_lower(attribute_of(node, "style").substr(0, 512));
    std::erase(style, ' ');
    return style.find("display:none") != std::string::npos ||
           style.find("visibility:hidden") != std::string::npos;
}

bool has_furniture_role(std::string_view role) {
    constexpr auto roles =
        std::to_array<std::string_view>({"alertdialog", "banner", "complementary", "contentinfo",
                                         "dialog", "navigation", "search"});
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

}  // namespace

bool is_content_root(const GumboNode& node) {
    if (is_element(node, GUMBO_TAG_ARTICLE)) {
        return !attribute_of(node, "class").starts_with("comment");
    }
    return is_element(node, GUMBO_TAG_MAIN) || attribute_of(node, "role") == "main";
}

bool is_line_number(const GumboNode& node) {
    if (!is_element(node)) {
        return false;
    }
    switch (node.v.element.tag) {
        case GUMBO_TAG_TD:
        case GUMBO_TAG_DIV:
        case GUMBO_TAG_PRE:
        case GUMBO_TAG_SPAN:
        case GUMBO_TAG_A:
            return any_name(attribute_of(node, "class"), [](std::string_view name) {
                return std::binary_search(line_number_classes.begin(), line_number_classes.end(),
                                          name);
            });
        default: return false;
    }
}

Furniture::Furniture(const GumboNode& body) {
    find_content(body, 0);
}

void Furniture::find_content(const GumboNode& node, int depth) {
    if (depth > html_depth_max || !is_element(node)) {
        return;
    }
    if (is_content_root(node) || (is_element(node, GUMBO_TAG_H1) && !is_named_furniture(node))) {
        const GumboNode* above = node.parent;
        while (above != nullptr && above_content_.insert(above).second) {
            above = above->parent;
        }
    }
    for (const GumboNode* child : children_of(node)) {
        find_content(*child, depth + 1);
    }
}

bool Furniture::is_left_out(const GumboNode& node, Keep keep, Place place) const {
    if (!is_element(node)) {
        return false;
    }
    const GumboTag tag = node.v.element.tag;
    if (is_never_read(tag) || is_hidden(node)) {
        return true;
    }
    if (keep == Keep::everything || is_content_root(node) || tag == GUMBO_TAG_BODY ||
        tag == GUMBO_TAG_HTML) {
        return false;
    }
    switch (tag) {
        case GUMBO_TAG_NAV:
        case GUMBO_TAG_FOOTER:
        case GUMBO_TAG_ASIDE: return true;
        // Some servers wrap the whole page in one form.
        case GUMBO_TAG_FORM: return !holds_content(node);
        case GUMBO_TAG_HEADER:
            if (place == Place::page && !holds_content(node)) {
                return true;
            }
            break;
        default: break;
    }
    if (is_control(tag) || has_furniture_role(attribute_of(node, "role")) || is_line_number(node)) {
        return true;
    }
    return is_named_furniture(node) && !holds_content(node);
}

}  // namespace rag::text

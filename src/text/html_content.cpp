#include "text/html_content.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace rag::text {
namespace {

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

/// Parts of class names and ids, each between hyphens, underscores or spaces, that name furniture.
constexpr auto furniture = std::to_array<std::string_view>({
    "ad",         "ads",     "advert",   "advertisement", "breadcrumb", "breadcrumbs",
    "ccpa",       "consent", "cookie",   "cookiebanner",  "cookies",    "footer",
    "gdpr",       "menu",    "menubar",  "nav",           "navbar",     "navigation",
    "newsletter", "noprint", "onetrust", "pager",         "pagination", "paywall",
    "popup",      "promo",   "related",  "share",         "sharing",    "sidebar",
    "signup",     "skip",    "skiplink", "social",        "sponsor",    "subscribe",
    "toc",        "tooltip",
});
static_assert(std::is_sorted(furniture.begin(), furniture.end()));

bool names_furniture(std::string_view names) {
    constexpr std::size_t names_bytes_max = 512;
    const std::string words = to_lower(names.substr(0, names_bytes_max));
    for (std::size_t i = 0; i < words.size();) {
        const std::size_t end = std::min(words.find_first_of(" -_\t\n", i), words.size());
        if (std::binary_search(furniture.begin(), furniture.end(),
                               std::string_view(words).substr(i, end - i))) {
            return true;
        }
        i = end + 1;
    }
    return false;
}

bool is_named_furniture(const GumboNode& node) {
    switch (node.v.element.tag) {
        case GUMBO_TAG_DIV:
        case GUMBO_TAG_SECTION:
        case GUMBO_TAG_UL:
        case GUMBO_TAG_OL:
        case GUMBO_TAG_SPAN:
        case GUMBO_TAG_P:
        case GUMBO_TAG_A:
        case GUMBO_TAG_TABLE:
        case GUMBO_TAG_HEADER:
        case GUMBO_TAG_UNKNOWN: break;
        default: return false;
    }
    return names_furniture(attribute_of(node, "class")) ||
           names_furniture(attribute_of(node, "id"));
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
    for (const std::string_view name : {"navigation", "banner", "contentinfo", "complementary",
                                        "search", "dialog", "alertdialog"}) {
        if (role == name) {
            return true;
        }
    }
    return false;
}

bool holds_content_root(const GumboNode& node, int depth = 0) {
    if (depth > html_depth_max || !is_element(node)) {
        return false;
    }
    const std::vector<const GumboNode*> children = children_of(node);
    return std::any_of(children.begin(), children.end(), [&](const GumboNode* child) {
        return is_content_root(*child) || is_element(*child, GUMBO_TAG_H1) ||
               holds_content_root(*child, depth + 1);
    });
}

/// How much there is to read inside elements, links apart.
class Weights final {
public:
    struct Weight {
        std::size_t text = 0;
        std::size_t link_text = 0;
        double score = 0;  ///< From the paragraphs right inside, as in Arc90's Readability (2009).
    };

    explicit Weights(const GumboNode& body) { weigh(body, nullptr, nullptr, 0); }

    const Weight& of(const GumboNode& node) const {
        const auto found = weights_.find(&node);
        return found == weights_.end() ? nothing_ : found->second;
    }

    const GumboNode* heaviest(GumboTag tag) const {
        return best([&](const GumboNode& node, const Weight& weight) {
            return is_element(node, tag) ? static_cast<double>(weight.text) : 0.0;
        });
    }

    const GumboNode* main_element() const {
        return best([](const GumboNode& node, const Weight& weight) {
            const bool is_main =
                is_element(node, GUMBO_TAG_MAIN) || attribute_of(node, "role") == "main";
            return is_main ? static_cast<double>(weight.text) : 0.0;
        });
    }

    const GumboNode* densest() const {
        return best([](const GumboNode&, const Weight& weight) {
            const auto links = static_cast<double>(weight.link_text);
            return weight.score *
                   (1.0 - links / static_cast<double>(std::max<std::size_t>(weight.text, 1)));
        });
    }

private:
    template <class Score>
    const GumboNode* best(Score score) const {
        const GumboNode* found = nullptr;
        double highest = 0;
        for (const GumboNode* node : order_) {
            const double value = score(*node, weights_.at(node));
            if (value > highest) {
                found = node;
                highest = value;
            }
        }
        return found;
    }

    static bool is_paragraph(GumboTag tag) {
        return tag == GUMBO_TAG_P || tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_BLOCKQUOTE ||
               tag == GUMBO_TAG_TD || tag == GUMBO_TAG_LI || tag == GUMBO_TAG_DD;
    }

    Weight weigh(const GumboNode& node, const GumboNode* parent, const GumboNode* grandparent,
                 int depth) {
        if (is_text(node)) {
            return {std::string_view(node.v.text.text).size(), 0, 0};
        }
        if (depth > html_depth_max || !is_element(node) ||
            (parent != nullptr && is_left_out(node, Keep::content, Place::content))) {
            return {};
        }
        order_.push_back(&node);
        Weight sum;
        for (const GumboNode* child : children_of(node)) {
            const Weight inside = weigh(*child, &node, parent, depth + 1);
            sum.text += inside.text;
            sum.link_text += inside.link_text;
        }
        if (node.v.element.tag == GUMBO_TAG_A) {
            sum.link_text = sum.text;
        }
        Weight& own = weights_[&node];
        own.text = sum.text;
        own.link_text = sum.link_text;
        constexpr std::size_t worth_reading = 25;
        if (is_paragraph(node.v.element.tag) && sum.text >= worth_reading && parent != nullptr) {
            const auto gain = static_cast<double>(sum.text - sum.link_text);
            weights_[parent].score += gain;
            if (grandparent != nullptr) {
                weights_[grandparent].score += gain / 2;
            }
        }
        return sum;
    }

    std::unordered_map<const GumboNode*, Weight> weights_;
    std::vector<const GumboNode*> order_;  ///< As in the page, so that results do not vary.
    Weight nothing_;
};

}  // namespace

bool is_content_root(const GumboNode& node) {
    return is_element(node, GUMBO_TAG_MAIN) || is_element(node, GUMBO_TAG_ARTICLE) ||
           attribute_of(node, "role") == "main";
}

bool is_left_out(const GumboNode& node, Keep keep, Place place) {
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
        case GUMBO_TAG_FORM: return !holds_content_root(node);
        case GUMBO_TAG_HEADER:
            if (place == Place::page && !holds_content_root(node)) {
                return true;
            }
            break;
        default: break;
    }
    if (is_control(tag) || has_furniture_role(attribute_of(node, "role"))) {
        return true;
    }
    return is_named_furniture(node) && !holds_content_root(node);
}

const GumboNode& main_content_of(const GumboNode& body) {
    constexpr std::size_t text_bytes_min = 80;
    const Weights weights(body);
    const std::size_t all = weights.of(body).text;
    const auto holds = [&](const GumboNode* node, std::size_t percent) {
        return node != nullptr && weights.of(*node).text * 100 >= all * percent;
    };
    const GumboNode* found = weights.main_element();
    if (found != nullptr && (holds(found, 20) || weights.of(*found).text >= text_bytes_min)) {
        return *found;
    }
    // One article of many, as on a blog's front page, is not what the page is about.
    found = weights.heaviest(GUMBO_TAG_ARTICLE);
    if (holds(found, 50)) {
        return *found;
    }
    found = weights.densest();
    return holds(found, 60) ? *found : body;
}

}  // namespace rag::text

#include "text/html_content.hpp"

#include <algorithm>
#include <unordered_map>

namespace rag::text {
namespace {

bool is_inline(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_A:
        case GUMBO_TAG_ABBR:
        case GUMBO_TAG_B:
        case GUMBO_TAG_BIG:
        case GUMBO_TAG_BR:
        case GUMBO_TAG_CITE:
        case GUMBO_TAG_CODE:
        case GUMBO_TAG_DEL:
        case GUMBO_TAG_DFN:
        case GUMBO_TAG_EM:
        case GUMBO_TAG_FONT:
        case GUMBO_TAG_I:
        case GUMBO_TAG_INS:
        case GUMBO_TAG_KBD:
        case GUMBO_TAG_MARK:
        case GUMBO_TAG_Q:
        case GUMBO_TAG_S:
        case GUMBO_TAG_SAMP:
        case GUMBO_TAG_SMALL:
        case GUMBO_TAG_SPAN:
        case GUMBO_TAG_STRONG:
        case GUMBO_TAG_SUB:
        case GUMBO_TAG_SUP:
        case GUMBO_TAG_TIME:
        case GUMBO_TAG_TT:
        case GUMBO_TAG_U:
        case GUMBO_TAG_VAR: return true;
        default: return false;
    }
}

bool is_paragraph(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_P:
        case GUMBO_TAG_PRE:
        case GUMBO_TAG_BLOCKQUOTE:
        case GUMBO_TAG_TD:
        case GUMBO_TAG_LI:
        case GUMBO_TAG_DD:
        case GUMBO_TAG_DIV:
        case GUMBO_TAG_SECTION: return true;
        default: return false;
    }
}

/// How much there is to read inside elements, links apart.
class Weights final {
public:
    struct Weight {
        std::size_t text = 0;
        std::size_t link_text = 0;
        double score = 0;  ///< From the paragraphs right inside, as in Arc90's Readability (2009).
    };

    Weights(const GumboNode& body, const Furniture& furniture) : furniture_(furniture) {
        weigh(body, nullptr, nullptr, 0);
    }

    const Weight& of(const GumboNode& node) const {
        const auto found = weights_.find(&node);
        return found == weights_.end() ? nothing_ : found->second;
    }

    template <class Choose>
    const GumboNode* heaviest(Choose choose) const {
        return best([&](const GumboNode& node, const Weight& weight) {
            return choose(node) ? static_cast<double>(weight.text) : 0.0;
        });
    }

    const GumboNode* densest() const {
        return best([](const GumboNode&, const Weight& weight) {
            const auto links = static_cast<double>(weight.link_text);
            const auto text = static_cast<double>(std::max<std::size_t>(weight.text, 1));
            return weight.score * (1.0 - links / text);
        });
    }

    /// Articles inside of `node` that stand in no other.
    std::vector<const GumboNode*> articles_in(const GumboNode& node) const {
        std::vector<const GumboNode*> articles;
        collect_articles(node, articles, 0);
        return articles;
    }

private:
    /// What an element adds to the text of those around it. `line` is the part that stands in the
    /// element itself or in inline elements, so that it reads as one paragraph.
    struct Sum {
        std::size_t text = 0;
        std::size_t link_text = 0;
        std::size_t line = 0;
        std::size_t line_links = 0;
    };

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

    void collect_articles(const GumboNode& node, std::vector<const GumboNode*>& articles,
                          int depth) const {
        constexpr std::size_t articles_max = 2;  // More make no difference.
        for (const GumboNode* child : children_of(node)) {
            if (articles.size() >= articles_max || depth > html_depth_max ||
                !weights_.contains(child)) {
                continue;
            }
            if (is_element(*child, GUMBO_TAG_ARTICLE) && is_content_root(*child)) {
                articles.push_back(child);
            } else {
                collect_articles(*child, articles, depth + 1);
            }
        }
    }

    Sum weigh(const GumboNode& node, const GumboNode* parent, const GumboNode* grandparent,
              int depth) {
        if (is_text(node)) {
            const std::size_t size =
                node.type == GUMBO_NODE_WHITESPACE ? 0 : std::string_view(node.v.text.text).size();
            return {size, 0, size, 0};
        }
        if (depth > html_depth_max || !is_element(node) ||
            (parent != nullptr && furniture_.is_left_out(node, Keep::content, Place::content))) {
            return {};
        }
        order_.push_back(&node);
        const GumboTag tag = node.v.element.tag;
        Sum sum;
        for (const GumboNode* child : children_of(node)) {
            const Sum inside = weigh(*child, &node, parent, depth + 1);
            sum.text += inside.text;
            sum.link_text += inside.link_text;
            sum.line += inside.line;
            sum.line_links += inside.line_links;
        }
        if (tag == GUMBO_TAG_A) {
            sum.link_text = sum.text;
            sum.line_links = sum.line;
        }
        Weight& own = weights_[&node];
        own.text = sum.text;
        own.link_text = sum.link_text;
        if (is_paragraph(tag) && parent != nullptr) {
            add_score(sum.line, sum.line_links, *parent, grandparent);
        }
        if (!is_inline(tag)) {
            sum.line = 0;
            sum.line_links = 0;
        }
        return sum;
    }

    void add_score(std::size_t line, std::size_t links, const GumboNode& parent,
                   const GumboNode* grandparent) {
        constexpr std::size_t worth_reading = 25;
        if (line < worth_reading) {
            return;
        }
        const auto gain = static_cast<double>(line - links);
        weights_[&parent].score += gain;
        if (grandparent != nullptr) {
            weights_[grandparent].score += gain / 2;
        }
    }

    const Furniture& furniture_;
    std::unordered_map<const GumboNode*, Weight> weights_;
    std::vector<const GumboNode*> order_;  ///< As in the page, so that results do not vary.
    Weight nothing_;
};

bool is_main(const GumboNode& node) {
    return is_element(node, GUMBO_TAG_MAIN) || attribute_of(node, "role") == "main";
}

bool is_article(const GumboNode& node) {
    return is_element(node, GUMBO_TAG_ARTICLE) && is_content_root(node);
}

/// Some sites take `main` for everything below their header; the one article in it is meant.
const GumboNode& narrow(const GumboNode& main, const Weights& weights) {
    const std::vector<const GumboNode*> articles = weights.articles_in(main);
    constexpr std::size_t percent_min = 25;
    const bool narrows = articles.size() == 1 &&
                         weights.of(*articles[0]).text * 100 >= weights.of(main).text * percent_min;
    return narrows ? *articles[0] : main;
}

/// The heading often stands just outside of the text that it belongs to.
const GumboNode& widen(const GumboNode& found, const Weights& weights) {
    const auto holds_heading = [&](const GumboNode& node) {
        return weights.heaviest([&](const GumboNode& heading) {
            if (!is_element(heading, GUMBO_TAG_H1)) {
                return false;
            }
            const GumboNode* above = &heading;
            while (above != nullptr && above != &node) {
                above = above->parent;
            }
            return above != nullptr;
        }) != nullptr;
    };
    const GumboNode* wider = &found;
    constexpr int steps_max = 3;
    for (int i = 0; i <= steps_max && wider != nullptr && is_element(*wider); ++i) {
        if (weights.of(*wider).text * 10 > weights.of(found).text * 13) {
            break;
        }
        if (holds_heading(*wider)) {
            return *wider;
        }
        wider = wider->parent;
    }
    return found;
}

}  // namespace

const GumboNode& main_content_of(const GumboNode& body, const Furniture& furniture) {
    constexpr std::size_t text_bytes_min = 80;
    const Weights weights(body, furniture);
    const std::size_t all = weights.of(body).text;
    const auto holds = [&](const GumboNode* node, std::size_t percent) {
        return node != nullptr && weights.of(*node).text * 100 >= all * percent;
    };
    const GumboNode* found = weights.heaviest(is_main);
    if (found != nullptr && (holds(found, 20) || weights.of(*found).text >= text_bytes_min)) {
        return narrow(*found, weights);
    }
    // One article of many, as on a blog's front page, is not what the page is about.
    found = weights.heaviest(is_article);
    if (holds(found, 50)) {
        return *found;
    }
    found = weights.densest();
    return holds(found, 50) ? widen(*found, weights) : body;
}

}  // namespace rag::text

#include "text/html_markdown.hpp"

#include "base/utf8.hpp"
#include "text/markdown_writer.hpp"

#include <algorithm>

namespace rag::text {
namespace {

constexpr int indents_max = 16;  ///< Lists and quotes nested deeper are not indented further.

class Renderer final {
public:
    explicit Renderer(const MarkdownOptions& options)
        : keep_(options.keep),
          furniture_(options.furniture),
          base_(options.base),
          relative_links_(options.relative_links) {}

    std::string render(const GumboNode& node) {
        place_ = is_content_root(node) ? Place::content : Place::page;
        walk_children(node, 0);
        return writer_.take();
    }

private:
    void walk_children(const GumboNode& node, int depth) {
        for (const GumboNode* child : children_of(node)) {
            walk(*child, depth + 1);
        }
    }

    void walk(const GumboNode& node, int depth) {
        if (is_text(node)) {
            writer_.write_text(node.v.text.text);
            return;
        }
        if (depth > html_depth_max || !is_element(node) ||
            furniture_.is_left_out(node, keep_, place_)) {
            return;
        }
        const Place outside = place_;
        place_ = is_content_root(node) ? Place::content : place_;
        write_element(node, depth);
        place_ = outside;
    }

    void write_element(const GumboNode& node, int depth) {
        switch (node.v.element.tag) {
            case GUMBO_TAG_H1: write_heading(node, "# ", depth); break;
            case GUMBO_TAG_H2: write_heading(node, "## ", depth); break;
            case GUMBO_TAG_H3: write_heading(node, "### ", depth); break;
            case GUMBO_TAG_H4: write_heading(node, "#### ", depth); break;
            case GUMBO_TAG_H5: write_heading(node, "##### ", depth); break;
            case GUMBO_TAG_H6: write_heading(node, "###### ", depth); break;
            case GUMBO_TAG_UL:
            case GUMBO_TAG_OL:
            case GUMBO_TAG_MENU: write_list(node, depth); break;
            case GUMBO_TAG_LI: write_item(node, "- ", depth); break;
            case GUMBO_TAG_PRE: write_code_block(node); break;
            case GUMBO_TAG_BLOCKQUOTE: write_quote(node, depth); break;
            case GUMBO_TAG_TABLE: write_table(node, depth); break;
            case GUMBO_TAG_A: write_link(node, depth); break;
            case GUMBO_TAG_IMG: write_image(node); break;
            case GUMBO_TAG_STRONG:
            case GUMBO_TAG_B: write_marked(node, "**", depth); break;
            case GUMBO_TAG_EM:
            case GUMBO_TAG_I: write_marked(node, "*", depth); break;
            case GUMBO_TAG_CODE:
            case GUMBO_TAG_KBD:
            case GUMBO_TAG_SAMP:
            case GUMBO_TAG_TT: write_code(node); break;
            case GUMBO_TAG_BR: writer_.end_line(); break;
            case GUMBO_TAG_HR:
                writer_.break_block();
                writer_.write_inline("---");
                writer_.break_block();
                break;
            case GUMBO_TAG_DT: write_term(node, depth); break;
            default: write_other(node, depth); break;
        }
    }

    static bool is_block(GumboTag tag) {
        switch (tag) {
            case GUMBO_TAG_P:
            case GUMBO_TAG_DIV:
            case GUMBO_TAG_SECTION:
            case GUMBO_TAG_ARTICLE:
            case GUMBO_TAG_MAIN:
            case GUMBO_TAG_HEADER:
            case GUMBO_TAG_FOOTER:
            case GUMBO_TAG_ASIDE:
            case GUMBO_TAG_NAV:
            case GUMBO_TAG_FIGURE:
            case GUMBO_TAG_FIGCAPTION:
            case GUMBO_TAG_FORM:
            case GUMBO_TAG_DETAILS:
            case GUMBO_TAG_SUMMARY:
            case GUMBO_TAG_DL:
            case GUMBO_TAG_ADDRESS:
            case GUMBO_TAG_FIELDSET:
            case GUMBO_TAG_CAPTION:
            case GUMBO_TAG_TR:
            case GUMBO_TAG_TD:
            case GUMBO_TAG_TH:
            case GUMBO_TAG_CENTER:
            case GUMBO_TAG_HGROUP:
            case GUMBO_TAG_BODY: return true;
            default: return false;
        }
    }

    void write_other(const GumboNode& node, int depth) {
        const GumboTag tag = node.v.element.tag;
        if (tag == GUMBO_TAG_DD) {
            writer_.break_line();
            writer_.begin_item();  // Its first paragraph belongs right below the term.
        } else if (is_block(tag)) {
            writer_.break_block();
        } else if (tag == GUMBO_TAG_LABEL) {
            writer_.write_text(" ");  // Labels are boxes, set apart without any white space.
        }
        walk_children(node, depth);
        if (tag == GUMBO_TAG_DD) {
            writer_.end_item();
            writer_.break_block();
        } else if (is_block(tag)) {
            writer_.break_block();
        } else if (tag == GUMBO_TAG_LABEL) {
            writer_.write_text(" ");
        }
    }

    void write_heading(const GumboNode& node, std::string_view signs, int depth) {
        const MarkdownWriter::Mark before = writer_.mark();
        writer_.break_block();
        writer_.write_inline(signs.substr(0, signs.size() - 1));
        writer_.write_text(" ");
        const std::size_t begin = writer_.size();
        writer_.begin_single_line();
        ++plain_;
        walk_children(node, depth);
        --plain_;
        writer_.end_single_line();
        if (writer_.size() == begin) {
            writer_.take_back(before);
        }
        writer_.break_block();
    }

    void write_term(const GumboNode& node, int depth) {
        writer_.break_block();
        write_marked(node, "**", depth);
        writer_.break_line();
    }

    void write_list(const GumboNode& node, int depth) {
        const bool nested = lists_ > 0;
        nested ? writer_.tighten() : writer_.break_block();
        ++lists_;
        const bool ordered = node.v.element.tag == GUMBO_TAG_OL;
        int number = 1;
        for (const GumboNode* child : children_of(node)) {
            if (!is_element(*child, GUMBO_TAG_LI)) {
                walk(*child, depth + 1);
            } else if (!furniture_.is_left_out(*child, keep_, place_)) {
                write_item(*child, ordered ? std::to_string(number++) + ". " : "- ", depth + 1);
            }
        }
        --lists_;
        nested ? writer_.break_line() : writer_.break_block();
    }

    void write_item(const GumboNode& node, const std::string& marker, int depth) {
        const MarkdownWriter::Mark before = writer_.mark();
        writer_.break_line();
        const bool indented = indent(marker, std::string(marker.size(), ' '));
        // The first paragraph of an item stands on the marker's line, others are set apart.
        writer_.begin_item();
        walk_children(node, depth);
        if (indented) {
            unindent();
        }
        writer_.end_item();
        if (writer_.size() == before.size) {
            writer_.take_back(before);
        }
    }

    bool indent(std::string_view first, std::string_view rest) {
        if (indents_ >= indents_max) {
            return false;
        }
        ++indents_;
        writer_.indent(first, rest);
        return true;
    }

    void unindent() {
        --indents_;
        writer_.unindent();
    }

    void write_quote(const GumboNode& node, int depth) {
        writer_.break_block();
        const bool indented = indent("> ", "> ");
        walk_children(node, depth);
        if (indented) {
            unindent();
        }
        writer_.break_block();
    }

    static std::string language_in(std::string_view classes) {
        for (const std::string_view mark :
             {"language-", "lang-", "highlight-source-", "highlight-"}) {
            const std::size_t found = classes.find(mark);
            if (found == std::string_view::npos) {
                continue;
            }
            const std::string_view rest = classes.substr(found + mark.size());
            const std::string language = to_lower(rest.substr(0, rest.find_first_of(" \t\n`")));
            if (!language.empty() && language != "default" && language != "none") {
                return language.substr(0, 32);
            }
        }
        return {};
    }

    static std::string language_of(const GumboNode& node) {
        std::string language = language_in(attribute_of(node, "class"));
        for (const GumboNode* child : children_of(node)) {
            if (language.empty() && is_element(*child, GUMBO_TAG_CODE)) {
                language = language_in(attribute_of(*child, "class"));
            }
        }
        const GumboNode* outside = node.parent;
        for (int i = 0; language.empty() && outside != nullptr && i < 2; ++i) {
            language = language_in(attribute_of(*outside, "class"));
            outside = outside->parent;
        }
        return language;
    }

    static void append_verbatim(const GumboNode& node, std::string& out, int depth) {
        if (is_text(node)) {
            out.append(node.v.text.text);
        } else if (is_element(node, GUMBO_TAG_BR)) {
            out.push_back('\n');
        } else if (depth <= html_depth_max && !is_element(node, GUMBO_TAG_BUTTON) &&
                   (depth == 0 || !is_line_number(node))) {
            for (const GumboNode* child : children_of(node)) {
                append_verbatim(*child, out, depth + 1);
            }
        }
    }

    void write_code_block(const GumboNode& node) {
        std::string code;
        append_verbatim(node, code, 0);
        while (!code.empty() && (code.back() == '\n' || code.back() == ' ')) {
            code.pop_back();
        }
        code.erase(0, std::min(code.find_first_not_of('\n'), code.size()));
        if (is_blank(code)) {
            return;
        }
        const std::string fence(std::max<std::size_t>(3, longest_run(code, '`') + 1), '`');
        writer_.break_block();
        writer_.write_lines(fence + language_of(node) + "\n" + code + "\n" + fence);
        writer_.break_block();
    }

    void write_code(const GumboNode& node) {
        const std::string code = text_of(node);
        if (code.empty() || plain_ > 0) {
            writer_.write_text(code);
            return;
        }
        const std::string mark(longest_run(code, '`') + 1, '`');
        const std::string_view pad = code.front() == '`' || code.back() == '`' ? " " : "";
        writer_.write_inline(mark + std::string(pad) + code + std::string(pad) + mark);
    }

    void write_marked(const GumboNode& node, std::string_view mark, int depth) {
        if (plain_ > 0) {
            walk_children(node, depth);
            return;
        }
        const MarkdownWriter::Mark before = writer_.mark();
        writer_.write_inline(mark);
        ++plain_;
        const bool written = write_glued(node, depth);
        --plain_;
        written ? writer_.append(mark) : writer_.take_back(before);
    }

    /// False when nothing was written.
    bool write_glued(const GumboNode& node, int depth) {
        const std::size_t begin = writer_.size();
        writer_.begin_single_line();
        writer_.glue();
        walk_children(node, depth);
        writer_.end_single_line();
        return writer_.size() > begin;
    }

    /// The handle by which a heading is linked to, or the way back from a footnote.
    static bool is_handle(const GumboNode& node, std::string_view href) {
        if (!href.empty() && href[0] != '#') {
            return false;
        }
        const std::string text = text_of(node, 16);
        return text == "#" || text == "¶" || text == "§" || text == "^" || text == "↑" ||
               text.starts_with("↩") || text == "🔗" || text == "\u200B";
    }

    /// As Markdown has it between the round brackets; empty for what no link should be set to.
    std::string target_of(std::string_view written) const {
        constexpr std::size_t target_bytes_max = 2048;
        std::string target = collapse(written.substr(0, 2 * target_bytes_max));
        const std::string scheme = to_lower(target.substr(0, 11));
        if (target.empty() || target[0] == '#' || target.size() > target_bytes_max ||
            scheme.starts_with("javascript:") || scheme.starts_with("data:")) {
            return {};
        }
        if (base_ == nullptr && relative_links_ == RelativeLinks::drop &&
            target.find(':') == std::string::npos) {
            return {};
        }
        if (base_ != nullptr) {
            if (const auto resolved = resolve_url(*base_, target)) {
                target = resolved->text() + fragment_of(target);
            }
        }
        const bool odd = target.find_first_of(" ()<>") != std::string::npos;
        return odd ? "<" + target + ">" : target;
    }

    static std::string fragment_of(const std::string& target) {
        const std::size_t sign = target.find('#');
        return sign == std::string::npos ? std::string() : target.substr(sign);
    }

    void write_link(const GumboNode& node, int depth) {
        const std::string_view href = attribute_of(node, "href");
        if (is_handle(node, href)) {
            return;
        }
        const std::string target = target_of(href);
        if (target.empty() || plain_link_ > 0) {
            walk_children(node, depth);
            return;
        }
        const MarkdownWriter::Mark before = writer_.mark();
        writer_.write_inline("[");
        ++plain_link_;
        const bool written = write_glued(node, depth);
        --plain_link_;
        written ? writer_.append("](" + target + ")") : writer_.take_back(before);
    }

    void write_image(const GumboNode& node) {
        const std::string alt = collapse(attribute_of(node, "alt"));
        if (alt.empty()) {
            return;
        }
        const std::string target = target_of(attribute_of(node, "src"));
        target.empty() ? writer_.write_text(alt)
                       : writer_.write_inline("![" + alt + "](" + target + ")");
    }

    /// The rows of a table, those of tables inside apart.
    static void find_rows(const GumboNode& node, std::vector<const GumboNode*>& rows, int depth) {
        for (const GumboNode* child : children_of(node)) {
            if (is_element(*child, GUMBO_TAG_TR)) {
                rows.push_back(child);
            } else if (depth < 3 && !is_element(*child, GUMBO_TAG_TABLE)) {
                find_rows(*child, rows, depth + 1);
            }
        }
    }

    std::vector<const GumboNode*> cells_of(const GumboNode& row) const {
        const auto children = children_of(row);
        std::vector<const GumboNode*> cells(children.begin(), children.end());
        std::erase_if(cells, [this](const GumboNode* cell) {
            return (!is_element(*cell, GUMBO_TAG_TD) && !is_element(*cell, GUMBO_TAG_TH)) ||
                   furniture_.is_left_out(*cell, keep_, place_);
        });
        return cells;
    }

    /// Whether a cell cannot be written on one line.
    static bool holds_blocks(const GumboNode& node, int depth) {
        for (const GumboNode* child : children_of(node)) {
            switch (is_element(*child) ? child->v.element.tag : GUMBO_TAG_SPAN) {
                case GUMBO_TAG_TABLE:
                case GUMBO_TAG_PRE:
                case GUMBO_TAG_H1:
                case GUMBO_TAG_H2:
                case GUMBO_TAG_H3:
                case GUMBO_TAG_BLOCKQUOTE: return true;
                default: break;
            }
            if (depth < 8 && holds_blocks(*child, depth + 1)) {
                return true;
            }
        }
        return false;
    }

    void write_table(const GumboNode& node, int depth) {
        std::vector<const GumboNode*> rows;
        find_rows(node, rows, 0);
        std::size_t columns = 0;
        for (const GumboNode* row : rows) {
            columns = std::max(columns, cells_of(*row).size());
        }
        constexpr std::size_t columns_max = 64;
        writer_.break_block();
        if (columns < 2 || columns > columns_max || holds_blocks(node, 0)) {
            walk_children(node, depth);  // A table for layout.
            writer_.break_block();
            return;
        }
        for (const GumboNode* child : children_of(node)) {
            if (is_element(*child, GUMBO_TAG_CAPTION)) {
                walk(*child, depth + 1);
            }
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            writer_.break_line();
            write_row(*rows[i], columns, depth);
            if (i == 0) {
                std::string line = "|";
                for (std::size_t column = 0; column < columns; ++column) {
                    line += " --- |";
                }
                writer_.break_line();
                writer_.write_inline(line);
            }
        }
        writer_.break_block();
    }

    void write_row(const GumboNode& row, std::size_t columns, int depth) {
        const std::vector<const GumboNode*> cells = cells_of(row);
        std::string line = "|";
        for (std::size_t i = 0; i < columns; ++i) {
            std::string cell;
            if (i < cells.size()) {
                Renderer inside({keep_, furniture_, base_, relative_links_});
                inside.place_ = place_;
                inside.writer_.begin_single_line();
                inside.walk_children(*cells[i], depth + 2);
                cell = collapse(inside.writer_.take());
            }
            line += ' ';
            for (const char c : cell) {
                line += c == '|' ? "\\|" : std::string(1, c);
            }
            line += cell.empty() ? "|" : " |";
        }
        writer_.write_inline(line);
    }

    Keep keep_;
    const Furniture& furniture_;
    const Url* base_;
    RelativeLinks relative_links_;
    Place place_ = Place::page;
    MarkdownWriter writer_;
    int lists_ = 0;
    int indents_ = 0;
    int plain_ = 0;       ///< Inside headings and marked text no further marks are set.
    int plain_link_ = 0;  ///< Inside a link.
};

}  // namespace

std::string write_markdown(const GumboNode& node, const MarkdownOptions& options) {
    return Renderer(options).render(node);
}

}  // namespace rag::text

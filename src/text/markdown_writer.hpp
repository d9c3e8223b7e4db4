#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rag::text {

/// Puts Markdown together from blocks and inline text: gaps between blocks, line prefixes of lists
/// and quotes, white space collapsed as HTML has it.
class MarkdownWriter final {
public:
    /// Before the next text stands at least a line end, or a blank line.
    void break_line() { gap_ = gap_ < Gap::line ? Gap::line : gap_; }
    /// The next text begins a line, and no more than that.
    void tighten() { gap_ = Gap::line; }
    void break_block() { gap_ = item_begins_ && gap_ != Gap::block ? Gap::line : Gap::block; }
    /// A forced line end; two in a row are what people set paragraphs apart with.
    void end_line() {
        gap_ = ended_line_ || gap_ == Gap::block ? Gap::block : Gap::line;
        ended_line_ = true;
    }

    /// Runs of white space become one space, or none at the beginning of a line.
    void write_text(std::string_view text);
    /// As it is, on the current line, after the white space that is due.
    void write_inline(std::string_view markup);
    /// Right after what was written last.
    void append(std::string_view markup) { out_.append(markup); }
    /// Line by line, white space kept.
    void write_lines(std::string_view text);

    /// What every line begins with from now on, and what its first line begins with instead.
    void indent(std::string_view first, std::string_view rest);
    void unindent();

    /// What is written between these calls stays on one line.
    void begin_single_line() { ++single_line_; }
    void end_single_line() { --single_line_; }

    /// The next text follows what was written last without a space.
    void glue() { glued_ = true; }

    /// A list item: gaps before its first text do not count, and its last one is a line end.
    void begin_item() { item_begins_ = true; }
    void end_item() {
        gap_ = Gap::line;
        item_begins_ = false;
    }

    std::string take();

private:
    enum class Gap { none, line, block };

public:
    /// What was due before some markup, to take it back when nothing came to stand inside.
    struct Mark {
        std::size_t size = 0;
        std::string first_prefix;
        Gap gap = Gap::none;
        bool space = false;
        bool glued = false;
        bool item_begins = false;
        bool ended_line = false;
    };
    Mark mark() const {
        return {out_.size(), first_prefix_, gap_, space_, glued_, item_begins_, ended_line_};
    }
    std::size_t size() const { return out_.size(); }
    void take_back(const Mark& mark);

private:
    void begin_content();

    std::string out_;
    std::string prefix_;
    std::string first_prefix_;  ///< Of the line that is begun next; empty for `prefix_`.
    std::vector<std::size_t> prefix_sizes_;
    Gap gap_ = Gap::none;
    bool space_ = false;
    int single_line_ = 0;
    bool glued_ = false;
    bool item_begins_ = false;
    bool ended_line_ = false;  ///< By end_line, and nothing was written since.
};

/// Of the character one after the other, which a fence around the text has to outdo.
std::size_t longest_run(std::string_view text, char character);

}  // namespace rag::text

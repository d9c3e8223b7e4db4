#include "text/blocks.hpp"

#include "base/utf8.hpp"
#include "text/code_blocks.hpp"
#include "text/lines.hpp"

#include <algorithm>
#include <array>

namespace rag::text {
namespace {

/// Consecutive lines that make one block.
struct OpenBlock {
    enum class Kind { none, paragraph, list, table, fence };
    Kind kind = Kind::none;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t last_line_begin = 0;
    std::size_t end_before_last_line = 0;
    FenceMark fence;

    void add(const Line& line) {
        end_before_last_line = end;
        last_line_begin = line.begin;
        end = line.end;
    }
};

class MarkdownBlocks final {
public:
    MarkdownBlocks(std::string_view text, const BlockSink& sink) : text_(text), sink_(sink) {}

    void run() {
        std::size_t offset = emit_front_matter();
        while (offset < text_.size()) {
            const Line line = line_at(text_, offset);
            offset = line.next;
            add(line);
        }
        close();
    }

private:
    using Kind = OpenBlock::Kind;

    /// YAML between two lines of dashes at the very beginning. Gives where it ends.
    std::size_t emit_front_matter() {
        constexpr std::size_t bytes_max = 64 * 1024;
        const Line first = line_at(text_, 0);
        if (without_trailing_space(first.of(text_)) != "---") {
            return 0;
        }
        std::size_t offset = first.next;
        while (offset < std::min(text_.size(), bytes_max)) {
            const Line line = line_at(text_, offset);
            const std::string_view content = without_trailing_space(line.of(text_));
            offset = line.next;
            if (content == "---" || content == "...") {
                emit(first.begin, line.end, CutPreference::line);
                return offset;
            }
            if (content.empty() && line.begin == first.next) {
                return 0;  // A thematic break and a gap.
            }
        }
        return 0;
    }

    void add(const Line& line) {
        const std::string_view content = line.of(text_);
        if (open_.kind == Kind::fence) {
            open_.add(line);
            if (closes_fence(content, open_.fence)) {
                close();
            }
        } else if (is_blank(content)) {
            close();
        } else if (const FenceMark fence = opening_fence(content); fence.length > 0) {
            open(Kind::fence, line);
            open_.fence = fence;
        } else if (const int level = atx_level(content); level > 0 && fits_heading(content)) {
            close();
            emit_heading(line.begin, line.end, level, atx_title(content));
        } else if (!ends_as_heading(line, content) && !becomes_table(line, content)) {
            add_text(line, content);
        }
    }

    static bool fits_heading(std::string_view content) {
        return count_code_points(content) <= heading_code_points_max;
    }

    /// The paragraph so far is a heading when it is underlined.
    bool ends_as_heading(const Line& line, std::string_view content) {
        const int level = open_.kind == Kind::paragraph ? setext_level(content) : 0;
        if (level == 0 || !fits_heading(text_.substr(open_.begin, line.end - open_.begin))) {
            return false;
        }
        const std::string_view heading = text_.substr(open_.begin, open_.end - open_.begin);
        if (heading.front() == '>' || heading.front() == '|') {
            return false;
        }
        const std::size_t begin = open_.begin;
        open_ = {};
        emit_heading(begin, line.end, level, heading);
        return true;
    }

    /// The line before is a table's head when this one is made of dashes and bars.
    bool becomes_table(const Line& line, std::string_view content) {
        if (open_.kind != Kind::paragraph || !is_table_delimiter(content) ||
            text_.substr(open_.last_line_begin, open_.end - open_.last_line_begin).find('|') ==
                std::string_view::npos) {
            return false;
        }
        const std::size_t head = open_.last_line_begin;
        if (head > open_.begin) {
            emit(open_.begin, open_.end_before_last_line, CutPreference::sentence);
        }
        open_.kind = Kind::table;
        open_.begin = head;
        open_.add(line);
        return true;
    }

    void add_text(const Line& line, std::string_view content) {
        if (is_thematic_break(content)) {
            close();
            emit(line.begin, line.end, CutPreference::line);
        } else if (open_.kind == Kind::none) {
            open(begins_list_item(content) ? Kind::list : Kind::paragraph, line);
        } else {
            open_.add(line);
        }
    }

    void open(Kind kind, const Line& line) {
        close();
        open_ = {};
        open_.kind = kind;
        open_.begin = line.begin;
        open_.end = line.begin;
        open_.add(line);
    }

    void close() {
        if (open_.kind != Kind::none) {
            emit(open_.begin, open_.end,
                 open_.kind == Kind::paragraph ? CutPreference::sentence : CutPreference::line);
            open_ = {};
        }
    }

    void emit(std::size_t begin, std::size_t end, CutPreference preference) {
        Block block;
        block.begin = begin;
        block.end = end;
        block.preference = preference;
        emit_trimmed(text_, std::move(block), sink_);
    }

    void emit_heading(std::size_t begin, std::size_t end, int level, std::string_view title) {
        Block block;
        block.begin = begin;
        block.end = end;
        block.heading_level = level;
        block.heading_title =
            first_code_points(without_markup(title), heading_title_code_points_max);
        emit_trimmed(text_, std::move(block), sink_);
    }

    std::string_view text_;
    const BlockSink& sink_;
    OpenBlock open_;
};

void find_paragraphs(std::string_view text, const BlockSink& sink) {
    Block block;
    bool open = false;
    for (std::size_t offset = 0; offset < text.size();) {
        const Line line = line_at(text, offset);
        offset = line.next;
        const bool blank = is_blank(line.of(text));
        if (open && blank) {
            emit_trimmed(text, block, sink);
        } else if (!open && !blank) {
            block.begin = line.begin;
        }
        block.end = line.end;
        open = !blank;
    }
    if (open) {
        emit_trimmed(text, block, sink);
    }
}

void find_data_blocks(std::string_view text, const BlockSink& sink) {
    Block block;
    block.preference = CutPreference::line;
    for (std::size_t offset = 0; offset < text.size();) {
        const Line line = line_at(text, offset);
        offset = line.next;
        block.begin = line.begin;
        block.end = line.end;
        emit_trimmed(text, block, sink);
    }
}

}  // namespace

void find_blocks(std::string_view text, TextFormat format, const BlockSink& sink) {
    switch (format) {
        case TextFormat::markdown: MarkdownBlocks(text, sink).run(); return;
        case TextFormat::plain: find_paragraphs(text, sink); return;
        case TextFormat::code: find_code_blocks(text, sink); return;
        case TextFormat::data: find_data_blocks(text, sink); return;
    }
}

}  // namespace rag::text

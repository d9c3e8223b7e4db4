#include "text/code_blocks.hpp"

#include "base/utf8.hpp"
#include "text/lines.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace rag::text {
namespace {

constexpr int depth_max = 12;
constexpr std::size_t tab_columns = 4;
constexpr std::size_t no_column = std::numeric_limits<std::size_t>::max();

struct CodeLine {
    Line line;
    std::size_t column = no_column;  ///< Of its first character; no_column for a blank line.
    bool leads_in = false;
    bool defines = false;
    bool goes_on = false;  ///< It belongs to what stands above: a bracket, `else`, `end`.

    bool is_blank() const { return column == no_column; }
};

using Lines = std::span<const CodeLine>;

bool continues(std::string_view content) {
    constexpr std::string_view brackets = "{}()[];,";
    constexpr std::array<std::string_view, 9> words{"begin", "catch",  "do",      "elif",  "else",
                                                    "end",   "except", "finally", "rescue"};
    if (brackets.find(content.front()) != std::string_view::npos) {
        return true;
    }
    const std::size_t end = std::min(content.find_first_of(" \t(:{;"), content.size());
    return std::find(words.begin(), words.end(), content.substr(0, end)) != words.end();
}

CodeLine read_line(std::string_view text, const Line& line) {
    CodeLine read;
    read.line = line;
    const std::string_view whole = line.of(text);
    if (is_blank(whole)) {
        return read;
    }
    std::size_t column = 0;
    std::size_t begin = 0;
    for (; begin < whole.size() && (whole[begin] == ' ' || whole[begin] == '\t'); ++begin) {
        column += whole[begin] == '\t' ? tab_columns : 1;
    }
    const std::string_view content = whole.substr(begin);
    read.column = column;
    if (content.empty()) {
        return read;
    }
    read.leads_in = leads_in_definition(content);
    read.defines = begins_definition(content);
    read.goes_on = continues(content);
    return read;
}

class CodeBlocks final {
public:
    CodeBlocks(std::string_view text, const BlockSink& sink) : text_(text), sink_(sink) {}

    void run() {
        std::vector<CodeLine> lines;
        for (std::size_t offset = 0; offset < text_.size();) {
            const Line line = line_at(text_, offset);
            lines.push_back(read_line(text_, line));
            offset = line.next;
        }
        cut(lines, 0);
        hand_over();
    }

private:
    /// Lines at the least indentation begin parts; what is indented more belongs to the part above.
    void cut(Lines lines, int depth) {
        std::size_t base = no_column;
        for (const CodeLine& line : lines) {
            base = std::min(base, line.column);
        }
        std::size_t begin = 0;
        bool only_leads_in = true;
        bool after_gap = true;
        bool after_body = false;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const CodeLine& line = lines[i];
            if (line.is_blank()) {
                after_gap = true;
                continue;
            }
            const bool at_base = line.column <= base;
            const bool starts = at_base && !line.goes_on &&
                                (after_gap || after_body || (line.defines && !only_leads_in));
            if (starts && i > begin) {
                place(lines.subspan(begin, i - begin), base, depth);
                begin = i;
                only_leads_in = true;
            }
            only_leads_in = only_leads_in && line.leads_in;
            after_gap = false;
            after_body = !at_base || (after_body && line.goes_on);
        }
        place(lines.subspan(begin), base, depth);
    }

    void place(Lines part, std::size_t base, int depth) {
        while (!part.empty() && part.back().is_blank()) {
            part = part.first(part.size() - 1);
        }
        while (!part.empty() && part.front().is_blank()) {
            part = part.subspan(1);
        }
        if (part.empty()) {
            return;
        }
        const std::size_t begin = part.front().line.begin;
        const std::size_t end = part.back().line.end;
        if (count_code_points(text_.substr(begin, end - begin)) <= definition_code_points_max) {
            emit(part, depth == 0 || has_definition(part));
        } else if (depth >= depth_max || !cut_body(part, base, depth)) {
            cut_at_gaps(part);
        }
    }

    /// False when nothing of the part is indented more than its beginning.
    bool cut_body(Lines part, std::size_t base, int depth) {
        const auto is_inside = [&](const CodeLine& line) {
            return line.is_blank() || line.column > base;
        };
        if (std::all_of(part.begin(), part.end(),
                        [&](const CodeLine& line) { return !is_inside(line); })) {
            return false;
        }
        for (std::size_t i = 0; i < part.size();) {
            std::size_t end = i;
            const bool inside = is_inside(part[i]);
            while (end < part.size() && is_inside(part[end]) == inside) {
                ++end;
            }
            const Lines run = part.subspan(i, end - i);
            inside ? cut(run, depth + 1) : cut_outside(run);
            i = end;
        }
        return true;
    }

    /// Brackets that close what stands above stay with it.
    void cut_outside(Lines run) {
        const bool closes =
            std::all_of(run.begin(), run.end(), [](const CodeLine& line) { return line.goes_on; });
        if (closes && last_) {
            last_->end = run.back().line.end;
        } else {
            cut_at_gaps(run);
        }
    }

    void cut_at_gaps(Lines part) {
        for (std::size_t i = 0; i < part.size();) {
            std::size_t end = i;
            while (end < part.size() && !part[end].is_blank()) {
                ++end;
            }
            if (end > i) {
                emit(part.subspan(i, end - i), has_definition(part.subspan(i, end - i)));
            }
            i = end + 1;
        }
    }

    /// Whether a definition begins the lines, after what leads in to it.
    static bool has_definition(Lines part) {
        const auto first = std::find_if(part.begin(), part.end(), [](const CodeLine& line) {
            return line.defines || !line.leads_in;
        });
        return first != part.end() && first->defines;
    }

    void emit(Lines part, bool begins_definition) {
        Block block;
        block.begin = part.front().line.begin;
        block.end = part.back().line.end;
        block.preference = CutPreference::line;
        block.begins_definition = begins_definition && !part.front().goes_on;
        hand_over();
        last_ = block;
    }

    void hand_over() {
        if (last_) {
            emit_trimmed(text_, *std::exchange(last_, std::nullopt), sink_);
        }
    }

    std::string_view text_;
    const BlockSink& sink_;
    std::optional<Block> last_;  ///< Not yet handed over: what follows may belong to it.
};

}  // namespace

void find_code_blocks(std::string_view text, const BlockSink& sink) {
    CodeBlocks(text, sink).run();
}

}  // namespace rag::text

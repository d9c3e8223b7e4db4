#include "formats/markdown_builder.hpp"

#include "base/utf8.hpp"
#include "formats/limits.hpp"
#include "rag/error.hpp"
#include "text/lines.hpp"
#include "text/markdown_writer.hpp"

#include <algorithm>

namespace rag::formats {
namespace {

constexpr int heading_level_max = 6;
constexpr int item_depth_max = 8;
constexpr std::size_t target_bytes_max = 2048;

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string cell_of(std::string_view text) {
    std::string cell;
    for (const char c : one_line(text)) {
        cell += c == '|' ? "\\|" : std::string(1, c);
    }
    return cell;
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool space = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool unbroken = text[i] == '\xC2' && i + 1 < text.size() && text[i + 1] == '\xA0';
        if (is_space(text[i]) || unbroken) {
            space = true;
            i += unbroken ? 1 : 0;
            continue;
        }
        if (space && !out.empty()) {
            out.push_back(' ');
        }
        space = false;
        out.push_back(text[i]);
    }
    return out;
}

std::string plain_line(std::string_view line) {
    line = trim(line);
    const bool means_more = text::atx_level(line) > 0 || text::setext_level(line) > 0 ||
                            text::is_thematic_break(line) || text::opening_fence(line).length > 0;
    return (means_more ? "\\" : "") + std::string(line);
}

std::string markdown_link(std::string_view text, std::string_view target) {
    const bool leads_somewhere = target.starts_with("http://") || target.starts_with("https://") ||
                                 target.starts_with("mailto:") || target.starts_with("ftp://");
    const std::string words = one_line(text);
    if (!leads_somewhere || target.size() > target_bytes_max || words.empty()) {
        return std::string(text);
    }
    const bool odd = target.find_first_of(" ()<>\n") != std::string_view::npos;
    if (odd && target.find_first_of("<>\n") != std::string_view::npos) {
        return std::string(text);
    }
    return '[' + words + (odd ? "](<" : "](") + std::string(target) + (odd ? ">)" : ")");
}

void MarkdownBuilder::heading(int level, std::string_view title) {
    const std::string line = one_line(title);
    if (line.empty()) {
        return;
    }
    begin_block();
    out_.append(static_cast<std::size_t>(std::clamp(level, 1, heading_level_max)), '#');
    out_ += ' ' + line + '\n';
    check_size();
}

void MarkdownBuilder::paragraph(std::string_view text) {
    if (is_blank(text)) {
        return;
    }
    begin_block();
    bool gap = false;
    bool begun = false;
    while (!text.empty()) {
        const std::string line = plain_line(next_line(text));
        if (line.empty()) {
            gap = begun;
            continue;
        }
        out_ += (gap ? "\n" : "") + line + '\n';
        gap = false;
        begun = true;
    }
    check_size();
}

void MarkdownBuilder::item(int depth, std::string_view mark, std::string_view text) {
    const std::string line = one_line(text);
    if (line.empty()) {
        return;
    }
    if (!in_list_) {
        begin_block();
    }
    in_list_ = true;
    out_.append(4 * static_cast<std::size_t>(std::clamp(depth, 0, item_depth_max)), ' ');
    out_ += std::string(mark) + ' ' + line + '\n';
    check_size();
}

void MarkdownBuilder::code(std::string_view language, std::string_view text) {
    if (is_blank(text)) {
        return;
    }
    begin_block();
    const std::string fence(std::max<std::size_t>(3, text::longest_run(text, '`') + 1), '`');
    while (text.ends_with('\n')) {
        text.remove_suffix(1);
    }
    out_ += fence + one_line(language) + '\n' + std::string(text) + '\n' + fence + '\n';
    check_size();
}

void MarkdownBuilder::table(const std::vector<TableRow>& rows) {
    std::size_t columns = 0;
    for (const TableRow& row : rows) {
        columns = std::max(columns, std::min(row.size(), table_columns_max));
    }
    if (columns == 0) {
        return;
    }
    begin_block();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out_ += '|';
        const std::size_t written = i == 0 ? columns : std::min(rows[i].size(), columns);
        for (std::size_t column = 0; column < written; ++column) {
            const std::string cell = column < rows[i].size() ? cell_of(rows[i][column]) : "";
            out_ += cell.empty() ? " |" : ' ' + cell + " |";
        }
        out_ += '\n';
        if (i == 0) {
            out_ += '|';
            for (std::size_t column = 0; column < columns; ++column) {
                out_ += " --- |";
            }
            out_ += '\n';
        }
        check_size();
    }
}

void MarkdownBuilder::block(std::string_view markdown) {
    while (markdown.starts_with('\n')) {
        markdown.remove_prefix(1);
    }
    while (markdown.ends_with('\n')) {
        markdown.remove_suffix(1);
    }
    if (is_blank(markdown)) {
        return;
    }
    begin_block();
    out_.append(markdown).push_back('\n');
    check_size();
}

std::string MarkdownBuilder::take() {
    return std::move(out_);
}

void MarkdownBuilder::begin_block() {
    in_list_ = false;
    if (!out_.empty()) {
        out_.push_back('\n');
    }
}

void MarkdownBuilder::check_size() const {
    if (out_.size() > text_bytes_max) {
        throw Error(ErrorCode::invalid_argument, "The document holds more than " +
                                                     std::to_string(text_bytes_max >> 20U) +
                                                     " MB of text. Split it into several files.");
    }
}

}  // namespace rag::formats

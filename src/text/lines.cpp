#include "text/lines.hpp"

#include "base/utf8.hpp"
#include "text/characters.hpp"

#include <algorithm>
#include <array>

namespace rag::text {
namespace {

std::size_t indentation(std::string_view line) {
    return std::min(line.find_first_not_of(" \t"), line.size());
}

/// More than three columns, or a tab, make indented code (4.4).
bool is_indented_code(std::string_view line) {
    return indentation(line) > 3 || line.substr(0, indentation(line)).find('\t') < line.size();
}

bool is_blank_char(char c) {
    return c == ' ' || c == '\t';
}

constexpr auto definition_words = std::to_array<std::string_view>({
    "abstract", "async",  "class",     "const",    "constexpr", "data",     "def",    "defmodule",
    "enum",     "export", "extension", "extern",   "final",     "fn",       "func",   "function",
    "impl",     "inline", "interface", "internal", "macro",     "mod",      "module", "namespace",
    "object",   "open",   "package",   "private",  "protected", "protocol", "pub",    "public",
    "record",   "sealed", "static",    "struct",   "sub",       "template", "trait",  "type",
    "typedef",  "union",  "void",
});
static_assert(std::is_sorted(definition_words.begin(), definition_words.end()));

/// The text of the link that begins at `i`, and where the link ends; an end of 0 for no link.
struct LinkText {
    std::string_view text;
    std::size_t end = 0;
};

LinkText link_at(std::string_view heading, std::size_t i) {
    const std::size_t close = heading.find(']', i);
    if (close == std::string_view::npos || close + 1 >= heading.size() ||
        heading[close + 1] != '(') {
        return {};
    }
    const std::size_t end = heading.find(')', close);
    if (end == std::string_view::npos) {
        return {};
    }
    return {heading.substr(i + 1, close - i - 1), end + 1};
}

}  // namespace

Line line_at(std::string_view text, std::size_t offset) {
    const std::size_t newline = text.find('\n', offset);
    if (newline == std::string_view::npos) {
        return {offset, text.size(), text.size()};
    }
    return {offset, newline, newline + 1};
}

std::string_view without_trailing_space(std::string_view line) {
    while (!line.empty() && (is_blank_char(line.back()) || line.back() == '\r')) {
        line.remove_suffix(1);
    }
    return line;
}

FenceMark opening_fence(std::string_view line) {
    const std::size_t begin = indentation(line);
    const char c = begin < line.size() ? line[begin] : '\0';
    if (c != '`' && c != '~') {
        return {};
    }
    const std::size_t end = std::min(line.find_first_not_of(c, begin), line.size());
    const bool backtick_in_info = c == '`' && line.find('`', end) != std::string_view::npos;
    if (end - begin < 3 || backtick_in_info) {
        return {};
    }
    return {c, end - begin};
}

bool closes_fence(std::string_view line, const FenceMark& fence) {
    const std::string_view mark = without_trailing_space(line.substr(indentation(line)));
    return mark.size() >= fence.length &&
           mark.find_first_not_of(fence.character) == std::string_view::npos;
}

int atx_level(std::string_view line) {
    if (is_indented_code(line)) {
        return 0;
    }
    const std::size_t begin = indentation(line);
    const std::size_t end = std::min(line.find_first_not_of('#', begin), line.size());
    const std::size_t level = end - begin;
    const bool spaced = end == line.size() || is_blank_char(line[end]);
    return level >= 1 && level <= 6 && spaced ? static_cast<int>(level) : 0;
}

std::string_view atx_title(std::string_view line) {
    const std::size_t signs = indentation(line);
    line.remove_prefix(std::min(line.find_first_not_of('#', signs), line.size()));
    line = without_trailing_space(line);
    const std::size_t last = line.find_last_not_of('#');
    if (last != std::string_view::npos && last + 1 < line.size() && is_blank_char(line[last])) {
        line = line.substr(0, last);
    } else if (last == std::string_view::npos) {
        line = {};
    }
    return trim(line);
}

int setext_level(std::string_view line) {
    if (is_indented_code(line)) {
        return 0;
    }
    const std::string_view mark = without_trailing_space(line.substr(indentation(line)));
    if (mark.empty()) {
        return 0;
    }
    if (mark.find_first_not_of('=') == std::string_view::npos) {
        return 1;
    }
    return mark.size() >= 2 && mark.find_first_not_of('-') == std::string_view::npos ? 2 : 0;
}

bool is_thematic_break(std::string_view line) {
    const std::size_t begin = indentation(line);
    const char c = begin < line.size() ? line[begin] : '\0';
    if (is_indented_code(line) || (c != '-' && c != '*' && c != '_')) {
        return false;
    }
    const auto is_mark = [c](char other) { return other == c; };
    return std::all_of(line.begin(), line.end(),
                       [&](char other) { return is_mark(other) || is_blank_char(other); }) &&
           std::count_if(line.begin(), line.end(), is_mark) >= 3;
}

bool begins_list_item(std::string_view line) {
    std::size_t i = indentation(line);
    if (i >= line.size()) {
        return false;
    }
    if (line[i] == '-' || line[i] == '*' || line[i] == '+') {
        return i + 1 == line.size() || is_blank_char(line[i + 1]);
    }
    const std::size_t digits = i;
    while (i < line.size() && line[i] >= '0' && line[i] <= '9') {
        ++i;
    }
    return i > digits && i - digits <= 9 && i + 1 < line.size() &&
           (line[i] == '.' || line[i] == ')') && is_blank_char(line[i + 1]);
}

bool is_table_delimiter(std::string_view line) {
    return line.find_first_not_of("|-: \t") == std::string_view::npos &&
           line.find('|') != std::string_view::npos && line.find('-') != std::string_view::npos;
}

std::string without_markup(std::string_view heading) {
    std::string out;
    bool gap = false;
    const auto append = [&](char c) {
        if (is_space(static_cast<unsigned char>(c))) {
            gap = !out.empty();
        } else if (c != '`' && c != '*') {
            if (gap) {
                out.push_back(' ');
            }
            gap = false;
            out.push_back(c);
        }
    };
    for (std::size_t i = 0; i < heading.size();) {
        const LinkText link = heading[i] == '[' ? link_at(heading, i) : LinkText{};
        if (link.end == 0) {
            append(heading[i++]);
            continue;
        }
        std::for_each(link.text.begin(), link.text.end(), append);
        i = link.end;
    }
    return out;
}

bool begins_definition(std::string_view line) {
    const std::size_t end = std::min(line.find_first_of(" \t(<{"), line.size());
    return std::binary_search(definition_words.begin(), definition_words.end(),
                              line.substr(0, end));
}

bool leads_in_definition(std::string_view line) {
    const std::string_view content = line.substr(indentation(line));
    for (const std::string_view mark :
         {"//", "/*", "*", "#", "@", "--", "template", "[", "\"\"\""}) {
        if (content.starts_with(mark)) {
            return true;
        }
    }
    return false;
}

bool begins_at_margin(std::string_view line) {
    constexpr std::string_view ends = " \t})];";
    return !line.empty() && ends.find(line.front()) == std::string_view::npos;
}

void emit_trimmed(std::string_view text, Block block, const BlockSink& sink) {
    const std::string_view content = text.substr(block.begin, block.end - block.begin);
    const std::size_t leading = leading_space(content);
    if (leading == content.size()) {
        return;
    }
    block.end -= trailing_space(content);
    block.begin = grapheme_start(text, block.begin, block.begin + leading);
    sink(block);
}

}  // namespace rag::text

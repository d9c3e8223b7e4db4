#pragma once

#include "text/blocks.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// What single lines of Markdown and of source code are. Section numbers are CommonMark 0.31's.
namespace rag::text {

struct Line {
    std::size_t begin = 0;
    std::size_t end = 0;   ///< Before its newline.
    std::size_t next = 0;  ///< After its newline.

    std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

/// `offset` <= text.size().
Line line_at(std::string_view text, std::size_t offset);

std::string_view without_trailing_space(std::string_view line);

/// The run of backticks or tildes that begins a fenced code block (4.5); length 0 for none.
struct FenceMark {
    char character = '`';
    std::size_t length = 0;
};
/// Indentation is not limited, since fences stand in lists too.
FenceMark opening_fence(std::string_view line);
bool closes_fence(std::string_view line, const FenceMark& fence);

/// Level of an ATX heading (4.2), 0 for none; its title without the number signs.
int atx_level(std::string_view line);
std::string_view atx_title(std::string_view line);

/// 1 for an underline of equal signs, 2 for one of two dashes or more (4.3); 0 for none.
int setext_level(std::string_view line);

bool is_thematic_break(std::string_view line);  // 4.1
bool begins_list_item(std::string_view line);   // 5.2
bool is_table_delimiter(std::string_view line);

/// A heading's text as it reads: links by their text, without emphasis and code marks, on one line.
std::string without_markup(std::string_view heading);

/// A line at the margin that begins a function, class, module... in one of the common languages.
bool begins_definition(std::string_view line);
/// A comment, decorator or attribute that belongs to the definition below it.
bool leads_in_definition(std::string_view line);
/// Not indented, and not the end of something above.
bool begins_at_margin(std::string_view line);

/// Hands the block over without the white space at its ends; not at all when nothing is left. A
/// space that carries a combining mark stays.
void emit_trimmed(std::string_view text, Block block, const BlockSink& sink);

}  // namespace rag::text

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rag::text {

/// White space of Unicode and what shows as nothing (U+200B, U+FEFF): exactly what rag::is_blank
/// calls blank.
bool is_space(char32_t c);

/// Whether `c` never begins a grapheme of its own after an ordinary character: a combining mark, a
/// joiner (UAX #29, GB9 and GB9a).
bool extends_grapheme(char32_t c);

/// Whether words of this character's script stand next to each other without spaces: Han, Kana,
/// Bopomofo, Hangul, Thai, Lao, Khmer, Myanmar.
bool is_spaceless_script(char32_t c);

/// The code point that ends right before `offset` (> 0); U+FFFD of one byte where the text is
/// ill-formed there.
struct PrecedingCodePoint {
    char32_t value = 0xFFFD;
    std::size_t offset = 0;  ///< Where it begins.
};
PrecedingCodePoint code_point_before(std::string_view text, std::size_t offset);

/// Bytes of white space at the beginning and at the end.
std::size_t leading_space(std::string_view text);
std::size_t trailing_space(std::string_view text);

/// Where a passage that may not begin before `floor` and whose first character that is not white
/// space stands at `offset` begins: at `offset`, or at the space that carries that combining mark.
std::size_t grapheme_start(std::string_view text, std::size_t floor, std::size_t offset);

bool is_ascii(std::string_view text);

}  // namespace rag::text

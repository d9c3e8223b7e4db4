#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rag {

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// The text with every maximal ill-formed part replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

struct DecodedCodePoint {
    char32_t value = 0xFFFD;
    std::size_t bytes = 1;  ///< How many bytes of the text it takes; 1 for an ill-formed byte.
};

/// The code point at `offset` (< text.size()); U+FFFD of one byte where the text is ill-formed.
DecodedCodePoint decode_utf8(std::string_view text, std::size_t offset);

/// Appends the code point; U+FFFD for one that UTF-8 cannot hold.
void append_utf8(std::string& text, char32_t code_point);

/// How many code points well-formed text holds.
std::int64_t count_code_points(std::string_view text);

/// Byte offset of the code point with this index in well-formed text; text.size() beyond the end.
std::size_t byte_offset(std::string_view text, std::int64_t code_point_index);

/// `text` cut to at most `count` code points, never inside one.
std::string_view first_code_points(std::string_view text, std::int64_t count);

/// Without white space (ASCII) at both ends.
std::string_view trim(std::string_view text);

/// Whether there is nothing but white space, Unicode's included (U+00A0, U+2000-200B, U+3000...).
bool is_blank(std::string_view text);

}  // namespace rag

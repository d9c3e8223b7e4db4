#pragma once

#include <string>
#include <string_view>

namespace rag::text {

/// The charset parameter of a content type in lower case, empty without one.
std::string charset_of(std::string_view content_type);

/// The charset that an HTML page declares in its first bytes, empty without one.
std::string charset_in_html(std::string_view bytes);

/// Bytes as well-formed UTF-8 with lines ended by \n and without U+0000 or a byte order mark. A
/// byte order mark (UTF-8, UTF-16, UTF-32) counts first, then the declared charset where ICU knows
/// it, then UTF-8 where the bytes are that, else windows-1252, as browsers have it for Latin-1.
std::string decode_text(std::string_view bytes, std::string_view charset);

/// Whether the bytes begin with the mark of an encoding in which text is full of zero bytes.
bool has_wide_byte_order_mark(std::string_view bytes);

}  // namespace rag::text

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rag {

/// Lower-case hexadecimal, two characters a byte.
std::string to_hex(std::string_view bytes);

/// RFC 4648, section 4, with padding.
std::string to_base64(std::string_view bytes);
/// Null unless `text` is base64 with correct padding and nothing else.
std::optional<std::string> from_base64(std::string_view text);

/// RFC 4648, section 5 (URL-safe alphabet), without padding.
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace rag

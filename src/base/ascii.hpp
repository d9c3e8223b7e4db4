#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace rag {

inline char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// The text with the letters A to Z in lower case, whatever the locale; all other bytes stay. For
/// names of protocols (headers, schemes, hosts, types), not for people's words: those have
/// text/fold.hpp.
inline std::string ascii_lower(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(), [](char c) { return ascii_lower(c); });
    return low;
}

}  // namespace rag

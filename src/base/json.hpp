#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace rag {

using Json = nlohmann::json;

constexpr std::size_t json_depth_max = 128;

/// Reads one JSON text (RFC 8259) that comes from outside. Of duplicate keys the last counts.
/// Throws Error{invalid_argument} for anything but one valid UTF-8 JSON text, and for one that
/// nests deeper than `depth_max`.
Json parse_json(std::string_view text, std::size_t depth_max = json_depth_max);

/// Compact, on one line. Bytes that are not UTF-8 become U+FFFD.
std::string dump_json(const Json& value);

/// Indented by two spaces, for people.
std::string dump_json_pretty(const Json& value);

}  // namespace rag

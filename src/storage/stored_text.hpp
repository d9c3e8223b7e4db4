#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

/// Texts as both databases can hold them: Postgres has no U+0000, and it would end a text early in
/// some of SQLite's functions.
namespace rag::storage {

inline bool holds_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

/// With U+FFFD for every U+0000, so that offsets in code points stay true.
std::string to_stored_text(std::string_view text);

/// The same of each text and key within.
nlohmann::json to_stored_value(const nlohmann::json& value);

/// The stored value as compact JSON.
std::string to_stored_json(const nlohmann::json& value);

}  // namespace rag::storage

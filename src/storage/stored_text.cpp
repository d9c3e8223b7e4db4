#include "storage/stored_text.hpp"

#include "base/json.hpp"

namespace rag::storage {

std::string to_stored_text(std::string_view text) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
    std::string stored;
    stored.reserve(text.size());
    for (;;) {
        const std::size_t nul = text.find('\0');
        stored += text.substr(0, nul);
        if (nul == std::string_view::npos) {
            return stored;
        }
        stored += replacement;
        text.remove_prefix(nul + 1);
    }
}

nlohmann::json to_stored_value(const nlohmann::json& value) {
    if (value.is_string()) {
        return to_stored_text(value.get_ref<const std::string&>());
    }
    if (!value.is_structured()) {
        return value;
    }
    nlohmann::json stored = value.is_array() ? nlohmann::json::array() : nlohmann::json::object();
    for (const auto& [key, inner] : value.items()) {
        if (value.is_array()) {
            stored.push_back(to_stored_value(inner));
        } else {
            stored[to_stored_text(key)] = to_stored_value(inner);
        }
    }
    return stored;
}

std::string to_stored_json(const nlohmann::json& value) {
    std::string text = dump_json(value);
    // Found also within an escaped backslash: then the copy is for nothing, and right.
    return text.find("\\u0000") == std::string::npos ? text : dump_json(to_stored_value(value));
}

}  // namespace rag::storage

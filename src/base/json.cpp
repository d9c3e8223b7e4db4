#include "base/json.hpp"

#include "base/utf8.hpp"
#include "rag/error.hpp"

namespace rag {
namespace {

/// Depth of the text's brackets, found without building anything: a parser that recurses must not
/// see a text that nests too deep.
bool nests_deeper_than(std::string_view text, std::size_t depth_max) {
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > depth_max) {
                return true;
            }
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return false;
}

}  // namespace

Json parse_json(std::string_view text, std::size_t depth_max) {
    if (!is_utf8(text)) {
        throw Error(ErrorCode::invalid_argument, "The JSON text is not valid UTF-8.");
    }
    if (nests_deeper_than(text, depth_max)) {
        throw Error(ErrorCode::invalid_argument,
                    "The JSON text nests deeper than " + std::to_string(depth_max) + " levels.");
    }
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) {
        throw Error(ErrorCode::invalid_argument, "The text is not valid JSON.");
    }
    return value;
}

std::string dump_json(const Json& value) {
    return value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string dump_json_pretty(const Json& value) {
    return value.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace rag

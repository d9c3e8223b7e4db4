#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "rag/token_table.hpp"

#include <algorithm>

namespace rag {
namespace {

/// Lets scanners of leaked secrets recognise ours.
constexpr std::string_view prefix = "rag_";
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_characters = 43;  // In base64url, without padding.
constexpr std::size_t name_bytes_max = 64;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string make_token_secret() {
    return std::string(prefix) + to_base64url(random_bytes(secret_bytes));
}

bool is_secret_shaped(std::string_view text) {
    return text.size() == prefix.size() + secret_characters && text.starts_with(prefix) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
}

bool is_token_name(std::string_view name) {
    return !name.empty() && name.size() <= name_bytes_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

}  // namespace rag

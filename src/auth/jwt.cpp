#include "auth/jwt.hpp"

#include "base/encoding.hpp"
#include "rag/error.hpp"

namespace rag::auth {
namespace {

constexpr std::size_t depth_max = 32;

std::optional<Json> read_part(std::string_view part) {
    const std::optional<std::string> text = from_base64url(part);
    if (!text) {
        return std::nullopt;
    }
    try {
        Json value = parse_json(*text, depth_max);
        return value.is_object() ? std::optional(std::move(value)) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<Algorithm> parse_algorithm(std::string_view name) {
    if (name == "RS256") {
        return Algorithm::rs256;
    }
    return name == "ES256" ? std::optional(Algorithm::es256) : std::nullopt;
}

std::optional<Jwt> parse_jwt(std::string_view text) {
    if (text.size() > jwt_bytes_max) {
        return std::nullopt;
    }
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    std::optional<Json> header = read_part(text.substr(0, first));
    std::optional<Json> claims = read_part(text.substr(first + 1, second - first - 1));
    std::optional<std::string> signature = from_base64url(text.substr(second + 1));
    if (!header || !claims || !signature) {
        return std::nullopt;
    }
    return Jwt{*std::move(header), *std::move(claims), std::string(text.substr(0, second)),
               *std::move(signature)};
}

}  // namespace rag::auth

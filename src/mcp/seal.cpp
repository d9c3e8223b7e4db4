#include "mcp/seal.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "rag/error.hpp"

namespace rag::mcp {
namespace {

constexpr std::size_t sealed_size_max = 64 * 1024;

std::string derive_key(const std::string& secret, const std::string& purpose) {
    if (secret.empty()) {
        throw Error(ErrorCode::internal, "A secret to sign with is needed and empty.");
    }
    return hmac_sha256(secret, "rag-memory/" + purpose);
}

}  // namespace

Seal::Seal(const std::string& secret, const std::string& purpose)
    : key_(derive_key(secret, purpose)) {}

std::string Seal::close(const Json& value) const {
    const std::string body = dump_json(value);
    return to_base64url(body) + "." + to_base64url(hmac_sha256(key_, body));
}

std::optional<Json> Seal::open(std::string_view sealed) const {
    const std::size_t dot = sealed.find('.');
    if (dot == std::string_view::npos || sealed.size() > sealed_size_max) {
        return std::nullopt;
    }
    const auto body = from_base64url(sealed.substr(0, dot));
    const auto signature = from_base64url(sealed.substr(dot + 1));
    if (!body || !signature || !equal_constant_time(*signature, hmac_sha256(key_, *body))) {
        return std::nullopt;
    }
    Json value = Json::parse(*body, nullptr, /*allow_exceptions=*/false);
    return value.is_discarded() ? std::nullopt : std::optional<Json>(std::move(value));
}

}  // namespace rag::mcp

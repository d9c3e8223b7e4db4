#include "base/hash.hpp"

#include "base/encoding.hpp"
#include "rag/error.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

namespace rag {
namespace {

constexpr std::size_t sha256_bytes = 32;

}  // namespace

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, sha256_bytes> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) !=
        1) {
        throw Error(ErrorCode::internal, "The SHA-256 of a text could not be computed.");
    }
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::array<unsigned char, sha256_bytes> digest{};
    unsigned int length = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(message.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, message.size(),
             digest.data(), &length) == nullptr) {
        throw Error(ErrorCode::internal, "The HMAC of a text could not be computed.");
    }
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
        throw Error(ErrorCode::internal, "The system gave no random bytes.");
    }
    return bytes;
}

std::uint64_t hash64(std::string_view bytes) {
    const std::string digest = sha256(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value = (value << 8) | static_cast<unsigned char>(digest[i]);
    }
    return value == 0 ? 1 : value;
}

}  // namespace rag

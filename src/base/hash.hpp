#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rag {

/// SHA-256 (FIPS 180-4): 32 bytes, and the same in lower-case hex.
std::string sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA-256 (RFC 2104): 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

/// Compares in time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

/// From the system's cryptographic source. Throws Error{internal} when that fails.
std::string random_bytes(std::size_t count);

/// The first eight bytes of SHA-256: equal texts, equal keys; never zero.
std::uint64_t hash64(std::string_view bytes);

}  // namespace rag

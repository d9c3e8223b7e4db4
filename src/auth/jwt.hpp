#pragma once

#include "base/json.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rag::auth {

/// The signatures that are accepted, all asymmetric (RFC 7518, section 3.1): whoever can check one
/// cannot make one.
enum class Algorithm { rs256, es256 };

/// Null for every other algorithm, "none" and "HS256" among them.
std::optional<Algorithm> parse_algorithm(std::string_view name);

constexpr std::size_t jwt_bytes_max = 16 * 1024;

/// A signed JSON Web Token in its compact form (RFC 7519; RFC 7515, section 7.1), taken apart.
/// Nothing of it has been believed yet.
struct Jwt {
    Json header;              ///< An object.
    Json claims;              ///< An object.
    std::string signed_text;  ///< Header and payload as they were signed.
    std::string signature;    ///< Bytes.
};

/// Null for anything that is no such token, or is larger than jwt_bytes_max.
std::optional<Jwt> parse_jwt(std::string_view text);

}  // namespace rag::auth

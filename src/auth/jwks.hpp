#pragma once

#include "auth/jwt.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace rag::auth {

/// A public key of an issuer (RFC 7517), fit for one algorithm. A value; copies share the key,
/// which never changes.
struct Jwk {
    std::string key_id;  ///< May be empty.
    Algorithm algorithm = Algorithm::rs256;
    std::shared_ptr<evp_pkey_st> key;
};

constexpr std::size_t jwks_keys_max = 64;

/// The keys of a JSON Web Key Set that can check signatures of ours: RSA of 2048 bits and more, and
/// P-256. Others are passed over, as RFC 7517, section 5, wants it; so are those beyond
/// jwks_keys_max. Null for a text that is no key set.
std::optional<std::vector<Jwk>> parse_jwks(std::string_view text);

/// Whether the signature (in the form of RFC 7518, sections 3.3 and 3.4) is this key's.
bool is_signed_by(const Jwk& key, std::string_view signed_text, std::string_view signature);

}  // namespace rag::auth

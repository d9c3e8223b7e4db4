#include "auth/jwks.hpp"

#include "base/encoding.hpp"
#include "rag/error.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

namespace rag::auth {
namespace {

constexpr std::size_t coordinate_bytes = 32;  // Of P-256.
constexpr std::size_t rsa_bytes_min = 256;
constexpr std::size_t rsa_bytes_max = 1024;
constexpr std::size_t exponent_bytes_max = 8;
constexpr std::size_t key_id_bytes_max = 1024;
constexpr std::size_t depth_max = 16;

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Key = std::shared_ptr<evp_pkey_st>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number read_number(std::string_view bytes) {
    return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::string text_member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string bytes_member(const Json& object, const char* name) {
    return from_base64url(text_member(object, name)).value_or(std::string());
}

/// Null when OpenSSL does not take the parameters for a public key of this kind.
Key make_key(const char* kind, OSSL_PARAM_BLD* builder) {
    const std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>> parameters(
        OSSL_PARAM_BLD_to_param(builder));
    const std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>> making(
        EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !making || EVP_PKEY_fromdata_init(making.get()) != 1 ||
        EVP_PKEY_fromdata(making.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return nullptr;
    }
    return {made, EVP_PKEY_free};
}

bool is_on_curve(const Key& key) {
    const std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>> checking(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    return checking && EVP_PKEY_public_check(checking.get()) == 1;
}

/// RFC 7518, section 6.3.1.
Key read_rsa(const Json& object) {
    std::string modulus = bytes_member(object, "n");
    modulus.erase(0, std::min(modulus.find_first_not_of('\0'), modulus.size()));
    const std::string exponent = bytes_member(object, "e");
    if (modulus.size() < rsa_bytes_min || modulus.size() > rsa_bytes_max || exponent.empty() ||
        exponent.size() > exponent_bytes_max) {
        return nullptr;
    }
    const Number n = read_number(modulus);
    const Number e = read_number(exponent);
    const std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder || BN_is_odd(n.get()) != 1 || BN_is_odd(e.get()) != 1 ||
        BN_is_one(e.get()) == 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return nullptr;
    }
    return make_key("RSA", builder.get());
}

/// RFC 7518, section 6.2.1; the point in the form of SEC 1, section 2.3.3, uncompressed.
Key read_p256(const Json& object) {
    const std::string x = bytes_member(object, "x");
    const std::string y = bytes_member(object, "y");
    if (text_member(object, "crv") != "P-256" || x.size() != coordinate_bytes ||
        y.size() != coordinate_bytes) {
        return nullptr;
    }
    const std::string point = '\x04' + x + y;
    const std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                        0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1) {
        return nullptr;
    }
    Key key = make_key("EC", builder.get());
    return key && is_on_curve(key) ? key : nullptr;
}

/// Whether the key's own words allow it to check signatures (RFC 7517, sections 4.2 to 4.4).
bool may_verify(const Json& object, std::string_view algorithm) {
    const std::string use = text_member(object, "use");
    const std::string stated = text_member(object, "alg");
    const auto operations = object.find("key_ops");
    const bool operation =
        operations == object.end() ||
        (operations->is_array() &&
         std::find(operations->begin(), operations->end(), Json("verify")) != operations->end());
    return (use.empty() || use == "sig") && (stated.empty() || stated == algorithm) && operation;
}

std::optional<Jwk> read_jwk(const Json& object) {
    if (!object.is_object()) {
        return std::nullopt;
    }
    Jwk jwk;
    jwk.key_id = text_member(object, "kid");
    if (jwk.key_id.size() > key_id_bytes_max) {
        return std::nullopt;
    }
    const std::string kind = text_member(object, "kty");
    if (kind == "RSA" && may_verify(object, "RS256")) {
        jwk.algorithm = Algorithm::rs256;
        jwk.key = read_rsa(object);
    } else if (kind == "EC" && may_verify(object, "ES256")) {
        jwk.algorithm = Algorithm::es256;
        jwk.key = read_p256(object);
    }
    return jwk.key ? std::optional(std::move(jwk)) : std::nullopt;
}

/// The two numbers of an ES256 signature as the DER that OpenSSL wants; empty for another length.
std::string to_der(std::string_view signature) {
    if (signature.size() != 2 * coordinate_bytes) {
        return {};
    }
    Number r = read_number(signature.substr(0, coordinate_bytes));
    Number s = read_number(signature.substr(coordinate_bytes));
    const std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
    if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
        return {};
    }
    // The pair owns them now.
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
    std::string der(static_cast<std::size_t>(std::max(size, 0)), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    return i2d_ECDSA_SIG(pair.get(), &out) == size ? der : std::string();
}

}  // namespace

std::optional<std::vector<Jwk>> parse_jwks(std::string_view text) {
    Json document;
    try {
        document = parse_json(text, depth_max);
    } catch (const Error&) {
        return std::nullopt;
    }
    if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array()) {
        return std::nullopt;
    }
    std::vector<Jwk> keys;
    for (const Json& object : document["keys"]) {
        if (keys.size() == jwks_keys_max) {
            break;
        }
        if (std::optional<Jwk> key = read_jwk(object)) {
            keys.push_back(*std::move(key));
        }
    }
    return keys;
}

bool is_signed_by(const Jwk& key, std::string_view signed_text, std::string_view signature) {
    const std::string form =
        key.algorithm == Algorithm::es256 ? to_der(signature) : std::string(signature);
    const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> checking(EVP_MD_CTX_new());
    return !form.empty() && checking &&
           EVP_DigestVerifyInit(checking.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) ==
               1 &&
           EVP_DigestVerify(checking.get(), bytes_of(form), form.size(), bytes_of(signed_text),
                            signed_text.size()) == 1;
}

}  // namespace rag::auth

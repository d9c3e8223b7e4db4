#pragma once

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace rag::test {

/// A key pair that an authorization server of the tests signs with.
class SigningKey {
public:
    /// `kind` is "RSA" (2048 bits) or "EC" (P-256).
    SigningKey(std::string kind, std::string key_id)
        : kind_(std::move(kind)),
          key_id_(std::move(key_id)),
          key_(kind_ == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                              : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"),
               EVP_PKEY_free) {
        if (!key_) {
            throw std::runtime_error("no key could be made");
        }
    }

    const char* algorithm() const { return kind_ == "RSA" ? "RS256" : "ES256"; }

    /// The public half, as a key set has it.
    Json jwk() const {
        Json jwk = {{"kty", kind_}, {"kid", key_id_}, {"use", "sig"}, {"alg", algorithm()}};
        if (kind_ == "RSA") {
            jwk["n"] = number(OSSL_PKEY_PARAM_RSA_N, 256);
            jwk["e"] = number(OSSL_PKEY_PARAM_RSA_E, 3);
        } else {
            jwk["crv"] = "P-256";
            jwk["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
            jwk["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        }
        return jwk;
    }

    /// The public half as PEM: what a confused server takes for the secret of HS256.
    std::string pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
        PEM_write_bio_PUBKEY(out.get(), key_.get());
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out.get(), &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }

    std::string sign(const std::string& text) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> signing(EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free);
        std::string signature(1024, '\0');
        std::size_t size = signature.size();
        if (EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
            EVP_DigestSign(signing.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1) {
            throw std::runtime_error("the token could not be signed");
        }
        signature.resize(size);
        return kind_ == "RSA" ? signature : from_der(signature);
    }

    /// A token with this header (kid and alg are added unless there) and these claims.
    std::string token(const Json& claims, Json header = {{"typ", "at+jwt"}}) const {
        const Json own = {{"kid", key_id_}, {"alg", algorithm()}};
        for (const auto& [name, value] : own.items()) {
            if (!header.contains(name)) {
                header[name] = value;
            }
        }
        const std::string text = encode(header) + '.' + encode(claims);
        return text + '.' + to_base64url(sign(text));
    }

    static std::string encode(const Json& part) { return to_base64url(part.dump()); }

private:
    std::string number(const char* name, int bytes) const {
        BIGNUM* value = nullptr;
        if (EVP_PKEY_get_bn_param(key_.get(), name, &value) != 1) {
            throw std::runtime_error("the key has no such part");
        }
        std::string text(static_cast<std::size_t>(bytes), '\0');
        BN_bn2binpad(value, reinterpret_cast<unsigned char*>(text.data()), bytes);
        BN_free(value);
        return to_base64url(text);
    }

    static std::string from_der(const std::string& der) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
            d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())), ECDSA_SIG_free);
        std::string out(64, '\0');
        auto* to = reinterpret_cast<unsigned char*>(out.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + 32, 32);
        return out;
    }

    const std::string kind_;
    const std::string key_id_;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

/// A token that claims to be signed with `secret` by HS256, or by nothing with "none".
inline std::string make_forged_token(const std::string& algorithm, const Json& claims,
                                     const std::string& key_id, const std::string& secret) {
    const std::string text =
        SigningKey::encode({{"typ", "at+jwt"}, {"kid", key_id}, {"alg", algorithm}}) + '.' +
        SigningKey::encode(claims);
    return text + '.' + (secret.empty() ? "" : to_base64url(hmac_sha256(secret, text)));
}

}  // namespace rag::test

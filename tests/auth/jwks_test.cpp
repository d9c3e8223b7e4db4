#include "auth/issuer_fixture.hpp"

#include <doctest/doctest.h>

namespace rag::auth {
namespace {

std::vector<Jwk> parse(const Json& jwk) {
    return *parse_jwks(Json{{"keys", Json::array({jwk})}}.dump());
}

}  // namespace

TEST_CASE("jwks: RSA and P-256 keys check what their other half signed, and nothing else") {
    const std::string text = "header.claims";
    for (const test::SigningKey* key : {&rsa_key(), &ec_key()}) {
        const auto keys = parse(key->jwk());
        REQUIRE(keys.size() == 1);
        std::string signature = key->sign(text);
        CHECK(is_signed_by(keys[0], text, signature));
        CHECK_FALSE(is_signed_by(keys[0], "header.Claims", signature));
        CHECK_FALSE(is_signed_by(keys[0], text, ""));
        CHECK_FALSE(is_signed_by(keys[0], text, signature + "x"));
        signature[5] = static_cast<char>(signature[5] ^ 1);
        CHECK_FALSE(is_signed_by(keys[0], text, signature));
    }
    // r and s of zero satisfy a careless check for every text (CVE-2022-21449).
    CHECK_FALSE(is_signed_by(parse(ec_key().jwk())[0], text, std::string(64, '\0')));
}

TEST_CASE("jwks: keys that are of no use here are passed over") {
    const auto changed = [](const test::SigningKey& key, const char* name, const Json& value) {
        Json jwk = key.jwk();
        jwk[name] = value;
        return jwk;
    };
    const std::string short_modulus = to_base64url('\x81' + std::string(127, '\x01'));
    for (const Json& jwk :
         {changed(rsa_key(), "use", "enc"), changed(rsa_key(), "alg", "RS512"),
          changed(rsa_key(), "n", short_modulus), changed(rsa_key(), "n", 7),
          changed(rsa_key(), "e", "AQ"), changed(rsa_key(), "e", "AQAA"),
          changed(rsa_key(), "kty", "oct"), changed(rsa_key(), "key_ops", Json::array({"encrypt"})),
          changed(ec_key(), "crv", "P-384"), changed(ec_key(), "x", "AQAB"),
          changed(ec_key(), "y", ec_key().jwk()["x"]), Json("text")}) {
        CAPTURE(jwk.dump());
        CHECK(parse(jwk).empty());
    }
    CHECK(parse(changed(rsa_key(), "key_ops", Json::array({"verify"}))).size() == 1);
}

TEST_CASE("jwks: what is no key set is none, and a set is bounded") {
    for (const char* text : {"", "[]", "{}", R"({"keys": 1})", "{\"keys\": [}"}) {
        CHECK_FALSE(parse_jwks(text));
    }
    CHECK(parse_jwks(R"({"keys": []})")->empty());
    const std::vector<Json> many(200, ec_key().jwk());
    CHECK(parse_jwks(Json{{"keys", many}}.dump())->size() == jwks_keys_max);
}

TEST_CASE("jwt: three parts of base64url, two of them objects") {
    const std::string object = to_base64url("{}");
    CHECK(parse_jwt(object + "." + object + "."));
    for (const std::string& text :
         {std::string(), object, object + "." + object, object + "." + object + ".." + object,
          object + "." + to_base64url("[]") + ".AA", object + ".!.AA", object + ".e30=.AA",
          object + "." + to_base64url("{\"a\":") + ".AA", std::string(20'000, 'A') + ".e30.AA"}) {
        CHECK_FALSE(parse_jwt(text));
    }
}

}  // namespace rag::auth

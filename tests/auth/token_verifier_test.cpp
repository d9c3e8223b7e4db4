#include "auth/issuer_fixture.hpp"
#include "base/roles.hpp"

#include <doctest/doctest.h>

namespace rag::auth {

TEST_CASE("token verifier: a good token of either algorithm says who, what and until when") {
    IssuerFixture fixture;
    for (const test::SigningKey* key : {&rsa_key(), &ec_key()}) {
        const Access access = fixture.access_of(key->token(fixture.claims()));
        CHECK(access.principal == "oauth:https://login.example/tenant#ann");
        CHECK(access.role == Role::reader);
        CHECK(access.collections.empty());
        CHECK(access.expires_at == fixture.clock.now() + std::chrono::seconds(300));
    }
    // One audience among several, and a token whose header names no key.
    const Json several = fixture.claims({{"aud", {"https://other.example", resource_url}}});
    CHECK(fixture.refusal_of(rsa_key().token(several)).empty());
    CHECK(fixture.refusal_of(rsa_key().token(fixture.claims(), {{"kid", nullptr}})).empty());
}

TEST_CASE("token verifier: every claim that is wrong or missing is refused") {
    IssuerFixture fixture;
    const auto now = fixture.clock.seconds();
    const std::vector<std::pair<Json, std::string>> wrong{
        {{{"aud", "https://other.example/mcp"}}, "not for this server"},
        {{{"aud", nullptr}}, "not for this server"},
        {{{"aud", Json::array()}}, "not for this server"},
        {{{"aud", "https://memory.example/mcp/"}}, "not for this server"},
        {{{"aud", Json::array({7})}}, "not for this server"},
        {{{"iss", "https://login.example/tenant/"}}, "another issuer"},
        {{{"iss", nullptr}}, "another issuer"},
        {{{"exp", now - 60}}, "expired"},
        {{{"exp", nullptr}}, "expired"},
        {{{"exp", std::to_string(now + 300)}}, "expired"},
        {{{"exp", 1e300}}, "expired"},
        {{{"nbf", now + 60}}, "not valid yet"},
        {{{"nbf", "soon"}}, "not valid yet"},
        {{{"sub", nullptr}}, "whom it is for"},
        {{{"sub", std::string(300, 'x')}}, "whom it is for"},
        {{{"rag_collections", "notes"}}, "limits"},
        {{{"rag_collections", Json::array()}}, "limits"}};
    for (const auto& [change, part] : wrong) {
        CAPTURE(change.dump());
        const std::string why = fixture.refusal_of(rsa_key().token(fixture.claims(change)));
        CHECK(why.find(part) != std::string::npos);
        CHECK(why.find('"') == std::string::npos);
    }
    // None of these was worth asking the issuer for its keys.
    CHECK(fixture.web.asked.empty());
}

TEST_CASE("token verifier: tokens that the issuer's key has not signed are refused") {
    IssuerFixture fixture;
    const Json claims = fixture.claims();
    const test::SigningKey other("RSA", "rsa-1");
    const test::SigningKey unknown("EC", "nobody");
    const std::string good = rsa_key().token(claims);
    const std::string header = good.substr(0, good.find('.'));
    const std::string signature = good.substr(good.rfind('.'));
    for (const std::string& token :
         {other.token(claims), unknown.token(claims),
          // The signature of one token under the claims of another.
          header + '.' + test::SigningKey::encode(fixture.claims({{"sub", "bob"}})) + signature,
          good.substr(0, good.rfind('.') + 1),
          // RSA's key under the other algorithm's name.
          rsa_key().token(claims, {{"alg", "ES256"}})}) {
        CHECK(fixture.refusal_of(token) == "The token is not signed by a key of the issuer.");
    }
}

TEST_CASE("token verifier: no algorithm, a shared secret and foreign kinds of token are refused") {
    IssuerFixture fixture;
    const Json claims = fixture.claims();
    for (const char* algorithm : {"none", "None", "", "HS256", "HS512", "RS512", "PS256"}) {
        for (const std::string& secret : {std::string(), rsa_key().pem()}) {
            CHECK(fixture.refusal_of(test::make_forged_token(algorithm, claims, "rsa-1", secret)) ==
                  "The token must be signed with RS256 or ES256.");
        }
    }
    for (const Json& header :
         {Json{{"crit", {"b64"}}, {"b64", false}}, Json{{"typ", "logout+jwt"}}, Json{{"typ", 7}}}) {
        CHECK(fixture.refusal_of(rsa_key().token(claims, header)) ==
              "The token is of a kind that gives no access.");
    }
    CHECK(fixture.refusal_of("rag_0123456789") == "The token is not a signed JSON Web Token.");
    CHECK(fixture.web.asked.empty());
}

TEST_CASE("token verifier: the broadest scope gives the role, and no scope of ours gives none") {
    IssuerFixture fixture;
    const auto role_of = [&](const Json& change) {
        return fixture.access_of(ec_key().token(fixture.claims(change))).role;
    };
    CHECK(role_of({{"scope", "openid mcp:write"}}) == Role::writer);
    CHECK(role_of({{"scope", "mcp:admin mcp:read"}}) == Role::admin);
    CHECK(role_of({{"scope", nullptr}, {"scp", {"mcp:read", "x"}}}) == Role::reader);
    CHECK(role_of({{"scope", nullptr}, {"scp", "x mcp:write"}}) == Role::writer);
    CHECK_FALSE(role_of({{"scope", "mcp:reader mcp mcp:"}}));
    CHECK_FALSE(role_of({{"scope", nullptr}}));
    CHECK(scopes_up_to(Role::writer) == "mcp:read mcp:write");
}

TEST_CASE("token verifier: a claim limits the collections") {
    IssuerFixture fixture;
    const Access access =
        fixture.access_of(ec_key().token(fixture.claims({{"rag_collections", {"notes", "law"}}})));
    CHECK(access.collections == std::vector<std::string>{"notes", "law"});
}

}  // namespace rag::auth

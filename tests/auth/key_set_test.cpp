#include "auth/issuer_fixture.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace rag::auth {

TEST_CASE("key set: nothing is fetched before a token comes, and then not for each") {
    IssuerFixture fixture;
    CHECK(fixture.web.asked.empty());
    for (int i = 0; i < 5; ++i) {
        CHECK(fixture.keys.get({})->size() == 2);
    }
    CHECK(fixture.web.asked == std::vector<std::string>{metadata_url, keys_url});
    fixture.clock.pass(11min);
    fixture.keys.get({});
    CHECK(fixture.web.asked.size() == 4);
}

TEST_CASE("key set: an unknown key makes it look again, but not more than once in a while") {
    IssuerFixture fixture;
    const test::SigningKey next("EC", "ec-2");
    CHECK(fixture.refusal_of(ec_key().token(fixture.claims())).empty());
    fixture.publish({next.jwk()});
    const std::string token = next.token(fixture.claims());
    CHECK(fixture.refusal_of(token) == "The token is not signed by a key of the issuer.");
    const std::size_t asked = fixture.web.asked.size();
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(fixture.refusal_of(token).empty());
    }
    CHECK(fixture.web.asked.size() == asked);
    fixture.clock.pass(10s);
    CHECK(fixture.refusal_of(token).empty());
    CHECK_FALSE(fixture.refusal_of(ec_key().token(fixture.claims())).empty());
}

TEST_CASE("key set: a new key under an old name is found by the signature that does not fit") {
    IssuerFixture fixture;
    CHECK(fixture.refusal_of(rsa_key().token(fixture.claims())).empty());
    const test::SigningKey replaced("RSA", "rsa-1");
    fixture.publish({replaced.jwk()});
    fixture.clock.pass(10s);
    CHECK(fixture.refusal_of(replaced.token(fixture.claims())).empty());
}

TEST_CASE("key set: an issuer that is away is no reason to refuse what it signed, for an hour") {
    IssuerFixture fixture;
    CHECK(fixture.refusal_of(rsa_key().token(fixture.claims())).empty());
    fixture.web.pages.clear();
    fixture.clock.pass(30min);
    CHECK(fixture.refusal_of(rsa_key().token(fixture.claims())).empty());
    fixture.clock.pass(31min);
    CHECK_THROWS_AS(fixture.refusal_of(rsa_key().token(fixture.claims())), Error);
    const std::size_t asked = fixture.web.asked.size();
    CHECK_THROWS_AS(fixture.refusal_of(rsa_key().token(fixture.claims())), Error);
    CHECK(fixture.web.asked.size() == asked);
}

TEST_CASE("key set: the metadata is looked for where issuers keep it, and must be about them") {
    using Urls = std::vector<std::string>;
    CHECK(metadata_urls("https://a.example/t") ==
          Urls{"https://a.example/.well-known/oauth-authorization-server/t",
               "https://a.example/.well-known/openid-configuration/t",
               "https://a.example/t/.well-known/openid-configuration"});
    CHECK(metadata_urls("http://a.example:8080/") ==
          Urls{"http://a.example:8080/.well-known/oauth-authorization-server",
               "http://a.example:8080/.well-known/openid-configuration"});
    CHECK(metadata_urls("a.example").empty());

    IssuerFixture fixture;
    for (const Json& metadata :
         {Json{{"issuer", "https://login.example/other"}, {"jwks_uri", keys_url}},
          Json{{"issuer", issuer_url}, {"jwks_uri", "http://login.example/keys"}},
          Json{{"issuer", issuer_url}}, Json::array()}) {
        fixture.web.page(metadata_url, metadata.dump());
        fixture.clock.pass(10s);
        CHECK_THROWS_AS(fixture.keys.get({}), Error);
    }
    fixture.web.page("https://login.example/tenant/.well-known/openid-configuration",
                     Json{{"issuer", issuer_url}, {"jwks_uri", keys_url}}.dump());
    fixture.clock.pass(10s);
    CHECK(fixture.keys.get({})->size() == 2);
}

}  // namespace rag::auth

#pragma once

#include "auth/token_verifier.hpp"
#include "support/fake_web.hpp"
#include "support/token_issuer.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace rag::auth {

class HandClock final : public Clock {
public:
    Timestamp now() const override { return Timestamp(std::chrono::milliseconds(wall)); }
    SteadyTime steady_now() const override { return SteadyTime(std::chrono::milliseconds(wall)); }
    void pass(std::chrono::milliseconds time) { wall += time.count(); }
    std::int64_t seconds() const { return wall / 1000; }

    std::int64_t wall = 1'800'000'000'000;
};

constexpr const char* issuer_url = "https://login.example/tenant";
constexpr const char* metadata_url =
    "https://login.example/.well-known/oauth-authorization-server/tenant";
constexpr const char* keys_url = "https://login.example/keys";
constexpr const char* resource_url = "https://memory.example/mcp";

inline const test::SigningKey& rsa_key() {
    static const test::SigningKey key("RSA", "rsa-1");
    return key;
}
inline const test::SigningKey& ec_key() {
    static const test::SigningKey key("EC", "ec-1");
    return key;
}

/// An authorization server as its documents show it, and a server that trusts it.
struct IssuerFixture {
    IssuerFixture() {
        web.page(metadata_url, Json{{"issuer", issuer_url}, {"jwks_uri", keys_url}}.dump());
        publish({rsa_key().jwk(), ec_key().jwk()});
    }

    void publish(const std::vector<Json>& all) { web.page(keys_url, Json{{"keys", all}}.dump()); }

    Json claims(const Json& changes = Json::object()) const {
        Json all = {{"iss", issuer_url},      {"aud", resource_url},
                    {"sub", "ann"},           {"scope", "mcp:read"},
                    {"iat", clock.seconds()}, {"exp", clock.seconds() + 300}};
        for (const auto& [name, value] : changes.items()) {
            if (value.is_null()) {
                all.erase(name);
            } else {
                all[name] = value;
            }
        }
        return all;
    }

    /// Why the token is refused; empty when it is not.
    std::string refusal_of(const std::string& token) {
        const auto checked = verifier.verify({}, token);
        const auto* refusal = std::get_if<Refusal>(&checked);
        return refusal != nullptr ? refusal->why : std::string();
    }

    Access access_of(const std::string& token) {
        return std::get<Access>(verifier.verify({}, token));
    }

    testing::FakeWeb web;
    HandClock clock;
    KeySet keys{web, clock, {.issuer = issuer_url}};
    TokenVerifier verifier{{.issuer = issuer_url, .audiences = {resource_url}}, keys, clock};
};

}  // namespace rag::auth

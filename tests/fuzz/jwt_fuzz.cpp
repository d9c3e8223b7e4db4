// Whatever comes as an access token, as an issuer's keys or as both: the parsers answer, what they
// take for a key can be asked about any signature, and nothing that an issuer did not sign passes.

#include "auth/token_verifier.hpp"
#include "base/clock.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "rag/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace rag;

constexpr const char* issuer = "https://issuer.example";
constexpr const char* audience = "https://memory.example/mcp";

/// An issuer whose keys are the fuzzer's, and who signed nothing.
class FuzzedIssuer final : public HttpClient {
public:
    HttpResponse send(const CallContext&, const HttpRequest& request) override {
        HttpResponse response;
        response.status = 200;
        response.body = request.url.ends_with("/keys")
                            ? std::string(keys)
                            : R"({"issuer":"https://issuer.example",)"
                              R"("jwks_uri":"https://issuer.example/keys"})";
        return response;
    }

    std::string_view keys;
};

void verify(std::string_view keys_text, std::string_view token) {
    const SystemClock clock;
    FuzzedIssuer web;
    web.keys = keys_text;
    auth::KeySet keys(web, clock, {.issuer = issuer});
    auth::TokenVerifier verifier({.issuer = issuer, .audiences = {audience}}, keys, clock);
    try {
        const auto checked = verifier.verify({}, token);
        if (const auto* refusal = std::get_if<auth::Refusal>(&checked)) {
            if (refusal->why.empty() || refusal->why.find('"') != std::string::npos) {
                std::abort();
            }
        }
    } catch (const Error&) {
        // Keys that are none.
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    // Keys that are none are the rule here.
    log::configure(log::Level::off, log::Format::text);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t cut = text.find('\n');
    const std::string_view token = text.substr(0, cut);
    const std::string_view keys_text =
        cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1);
    static_cast<void>(auth::parse_jwt(token));
    if (const auto keys = auth::parse_jwks(keys_text)) {
        for (const auth::Jwk& key : *keys) {
            if (auth::is_signed_by(key, "text", token)) {
                std::abort();
            }
        }
    }
    verify(keys_text, token);
    // The first line as the claims of a token that is well-formed: most fuzzed ones are not.
    verify(keys_text, to_base64url(R"({"alg":"ES256"})") + '.' + to_base64url(token) + ".AAAA");
    return 0;
}

#include "server/auth.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

namespace rag::server {
namespace {

constexpr const char* entries =
    "ann:admin:0123456789abcdef-ann, bob:reader:notes+law:0123456789abcdef-bob";

class HandClock final : public Clock {
public:
    Timestamp now() const override { return {}; }
    SteadyTime steady_now() const override { return time; }
    SteadyTime time;
};

AuthOptions configured(const char* tokens = entries) {
    AuthOptions options;
    options.scheme = AuthScheme::bearer;
    options.tokens = parse_tokens(tokens);
    return options;
}

std::string challenge_of(const http::Response& response) {
    for (const auto& [name, value] : response.headers) {
        if (name == "WWW-Authenticate") {
            return value;
        }
    }
    return {};
}

http::Request with_token(const std::string& value) {
    http::Request request;
    request.method = "POST";
    request.path = "/mcp";
    request.headers = {{"authorization", value}};
    return request;
}

std::string message_of(const std::string& text) {
    try {
        parse_tokens(text);
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

}  // namespace

TEST_CASE("auth: a token stands for its name, role and collections") {
    const HandClock clock;
    Authenticator authenticator(configured(), clock);
    const Caller ann = authenticator.identify(with_token("Bearer 0123456789abcdef-ann"));
    CHECK(ann.principal == "ann");
    CHECK(ann.role == Role::admin);
    CHECK(ann.collections.empty());
    CHECK(ann.files == FileReach::none);
    const Caller bob = authenticator.identify(with_token("bearer  0123456789abcdef-bob"));
    CHECK(bob.role == Role::reader);
    CHECK(bob.collections == std::vector<std::string>{"notes", "law"});
}

TEST_CASE("auth: no token or a wrong one is 401 with the way to do it") {
    const HandClock clock;
    Authenticator authenticator(configured(), clock);
    http::Request bare = with_token("");
    bare.headers.clear();
    bare.query = "access_token=0123456789abcdef-ann";
    auto refusal = authenticator.admit(bare).refusal;
    REQUIRE(refusal);
    CHECK(refusal->status == 401);
    CHECK(refusal->headers.back().first == "WWW-Authenticate");
    CHECK(refusal->headers.back().second == R"(Bearer realm="rag")");
    for (const char* value : {"Bearer wrong", "Bearer ", "Bearer", "Basic 0123456789abcdef-ann",
                              "0123456789abcdef-ann", "Bearer 0123456789abcdef-an"}) {
        CAPTURE(value);
        refusal = authenticator.admit(with_token(value)).refusal;
        REQUIRE(refusal);
        CHECK(refusal->headers.back().second.find("invalid_token") != std::string::npos);
        CHECK_THROWS_AS(authenticator.identify(with_token(value)), Error);
    }
    CHECK_FALSE(authenticator.admit(with_token("Bearer 0123456789abcdef-ann")).refusal);
    http::Request probe = bare;
    probe.path = "/health";
    CHECK_FALSE(authenticator.admit(probe).refusal);
}

TEST_CASE("auth: without authentication everyone is local, and reads no files") {
    const HandClock clock;
    Authenticator authenticator({}, clock);
    const Caller caller = authenticator.identify(http::Request{});
    CHECK(caller.principal == "local");
    CHECK(caller.role == Role::admin);
    CHECK(caller.files == FileReach::none);
}

TEST_CASE("auth: a bad entry is named by its number, without its secret") {
    for (const char* text :
         {"ann:admin", "ann:king:0123456789abcdef", ":admin:0123456789abcdef", "ann:admin:short",
          "ann:admin:c:0123456789abcdef:x", "a:admin:0123456789abcdef,b:reader:0123456789abcdef"}) {
        CAPTURE(text);
        const std::string message = message_of(text);
        CHECK(message.find("RAG_TOKENS") != std::string::npos);
        CHECK(message.find("0123456789abcdef") == std::string::npos);
    }
    CHECK(parse_tokens("").empty());
}

TEST_CASE("auth: bearer without any token refuses, and names the command that makes one") {
    std::string message;
    try {
        const HandClock clock;
        const Authenticator authenticator(configured(""), clock);
    } catch (const Error& error) {
        message = error.message();
    }
    CHECK(message.find("rag token create") != std::string::npos);
}

TEST_CASE("auth: a token that has to be looked up is believed for its time") {
    HandClock clock;
    int looked = 0;
    bool known = true;
    AuthOptions options = configured();
    options.look_up = [&](const std::string& token) {
        ++looked;
        Verdict verdict;
        if (known && token == "stored") {
            verdict.caller.emplace().principal = "carl";
        }
        verdict.refusal = "The token was revoked.";
        verdict.kept = std::chrono::seconds(2);
        return verdict;
    };
    Authenticator authenticator(options, clock);
    const http::Request request = with_token("Bearer stored");
    CHECK_FALSE(authenticator.waits(with_token("Bearer 0123456789abcdef-ann")));
    CHECK_FALSE(authenticator.waits(http::Request{}));
    CHECK(authenticator.waits(request));
    for (int i = 0; i < 3; ++i) {
        CHECK(authenticator.admit(request).caller.principal == "carl");
        CHECK(authenticator.identify(request).principal == "carl");
    }
    CHECK(looked == 1);
    CHECK_FALSE(authenticator.waits(request));
    known = false;
    clock.time += std::chrono::milliseconds(1900);
    CHECK(authenticator.waits(request));
    CHECK_FALSE(authenticator.admit(request).refusal);
    clock.time += std::chrono::milliseconds(100);
    const auto refusal = authenticator.admit(request).refusal;
    REQUIRE(refusal);
    CHECK(refusal->status == 401);
    CHECK(challenge_of(*refusal).find("The token was revoked.") != std::string::npos);
}

TEST_CASE("auth: a token that cannot be looked up now is 503, and asked for again") {
    const HandClock clock;
    AuthOptions options = configured("");
    options.look_up = [](const std::string&) -> Verdict {
        throw Error(ErrorCode::unavailable, "The database is away.");
    };
    Authenticator authenticator(options, clock);
    const auto refusal = authenticator.admit(with_token("Bearer stored")).refusal;
    REQUIRE(refusal);
    CHECK(refusal->status == 503);
    CHECK(refusal->headers.back().first == "Retry-After");
    CHECK(authenticator.waits(with_token("Bearer stored")));
}

TEST_CASE("auth: OAuth says where tokens are to be had, and which scopes are missing") {
    const HandClock clock;
    AuthOptions options;
    options.scheme = AuthScheme::oauth;
    options.metadata_url = [](const http::Request&) { return "https://m.example/meta"; };
    options.look_up = [](const std::string& token) {
        Verdict verdict;
        verdict.refusal = "The token has expired.";
        if (token == "reader" || token == "visitor") {
            verdict.caller.emplace();
            verdict.granted = token == "reader" ? std::optional(Role::reader) : std::nullopt;
        }
        return verdict;
    };
    Authenticator authenticator(options, clock);
    const auto bare = authenticator.admit(http::Request{}).refusal;
    REQUIRE(bare);
    CHECK(bare->status == 401);
    CHECK(challenge_of(*bare) ==
          R"(Bearer scope="mcp:read", resource_metadata="https://m.example/meta")");
    const auto expired = authenticator.admit(with_token("Bearer old")).refusal;
    REQUIRE(expired);
    CHECK(challenge_of(*expired) ==
          R"(Bearer error="invalid_token", error_description="The token has expired.", )"
          R"(scope="mcp:read", resource_metadata="https://m.example/meta")");

    const http::Request reader = with_token("Bearer reader");
    CHECK_FALSE(authenticator.check_scope(reader, std::nullopt));
    CHECK_FALSE(authenticator.check_scope(reader, Role::reader));
    const auto step_up = authenticator.check_scope(reader, Role::writer);
    REQUIRE(step_up);
    CHECK(step_up->status == 403);
    CHECK(challenge_of(*step_up) ==
          R"(Bearer error="insufficient_scope", error_description="The token does not have the )"
          R"(scope for this.", scope="mcp:read mcp:write", )"
          R"(resource_metadata="https://m.example/meta")");
    CHECK_FALSE(authenticator.check_scope(with_token("Bearer visitor"), std::nullopt));
    CHECK(authenticator.check_scope(with_token("Bearer visitor"), Role::reader));
}

TEST_CASE("auth: ever new tokens push out no verdict that counts for longer") {
    const HandClock clock;
    VerdictCache cache(clock);
    Verdict good;
    good.kept = std::chrono::seconds(2);
    Verdict bad;
    bad.kept = std::chrono::seconds(1);
    cache.keep("good", good);
    for (std::size_t i = 0; i < 2 * VerdictCache::verdicts_max; ++i) {
        cache.keep("bad" + std::to_string(i), bad);
    }
    CHECK(cache.find("good"));
    CHECK_FALSE(cache.find("bad0"));
}

}  // namespace rag::server

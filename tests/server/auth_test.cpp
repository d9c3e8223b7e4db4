#include "server/auth.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

namespace rag::server {
namespace {

constexpr const char* entries =
    "ann:admin:0123456789abcdef-ann, bob:reader:notes+law:0123456789abcdef-bob";

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
    const Authenticator authenticator(AuthScheme::bearer, parse_tokens(entries));
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
    const Authenticator authenticator(AuthScheme::bearer, parse_tokens(entries));
    http::Request bare = with_token("");
    bare.headers.clear();
    bare.query = "access_token=0123456789abcdef-ann";
    auto refusal = authenticator.check(bare);
    REQUIRE(refusal);
    CHECK(refusal->status == 401);
    CHECK(refusal->headers.back().first == "WWW-Authenticate");
    CHECK(refusal->headers.back().second == R"(Bearer realm="rag")");
    for (const char* value : {"Bearer wrong", "Bearer ", "Bearer", "Basic 0123456789abcdef-ann",
                              "0123456789abcdef-ann", "Bearer 0123456789abcdef-an"}) {
        CAPTURE(value);
        refusal = authenticator.check(with_token(value));
        REQUIRE(refusal);
        CHECK(refusal->headers.back().second.find("invalid_token") != std::string::npos);
        CHECK_THROWS_AS(authenticator.identify(with_token(value)), Error);
    }
    CHECK_FALSE(authenticator.check(with_token("Bearer 0123456789abcdef-ann")));
    http::Request probe = bare;
    probe.path = "/health";
    CHECK_FALSE(authenticator.check(probe));
}

TEST_CASE("auth: without authentication everyone is local, and reads no files") {
    const Authenticator authenticator(AuthScheme::open, {});
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
        const Authenticator authenticator(AuthScheme::bearer, {});
    } catch (const Error& error) {
        message = error.message();
    }
    CHECK(message.find("rag token create") != std::string::npos);
}

}  // namespace rag::server

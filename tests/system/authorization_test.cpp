// Who may do what, seen from outside: real servers, real tokens, over HTTP.

#include "support/http_calls.hpp"
#include "support/loopback_issuer.hpp"
#include "support/rag_command.hpp"
#include "support/running_server.hpp"

#include <doctest/doctest.h>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr const char* public_url = "https://memory.example";
constexpr const char* audience = "https://memory.example/mcp";
/// The object that `rag ARGUMENTS --json` prints on the memory; null after a failure.
json ask_rag(const TestMemory& memory, std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Ended ended = run_rag(memory, arguments);
    return ended.status == 0 ? json::parse(ended.output) : json();
}

/// Whether the condition comes true within ten seconds.
template <class Condition>
bool await(Condition condition) {
    for (int i = 0; i < 200; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(50ms);
    }
    return false;
}

void check_life_of_a_token(StoreKind store) {
    const TestMemory memory(store);
    const json first = ask_rag(memory, {"token", "create", "--name", "ann", "--role", "admin"});
    REQUIRE(first.is_object());
    const auto ann = first["token"].get<std::string>();
    RunningServer server(memory, Transport::streamable_http, {{"RAG_AUTH", "token"}});
    const std::string& address = server.address();
    CHECK(post_modern(address, "", "tools/list").status == 401);
    CHECK(post_modern(address, ann + "x", "tools/list").status == 401);
    for (const char* name : {"notes", "law"}) {
        const HttpAnswer made =
            call_modern(address, ann, "create_collection", {{"name", name}, {"description", "d"}});
        CHECK(made.body["result"]["isError"] == json(false));
    }

    // A token that is made while the server runs is good at once, and holds to its limits.
    const json second = ask_rag(
        memory, {"token", "create", "--name", "bob", "--role", "reader", "--collections", "notes"});
    REQUIRE(second.is_object());
    const auto bob = second["token"].get<std::string>();
    const HttpAnswer seen = call_modern(address, bob, "list_collections");
    REQUIRE(seen.body["result"]["structuredContent"]["result"].size() == 1);
    const HttpAnswer refused =
        call_modern(address, bob, "ingest_text", {{"content", "c"}, {"collection_name", "notes"}});
    CHECK(refused.status == 200);
    CHECK(refused.body["result"]["isError"] == json(true));

    CHECK(ask_rag(memory, {"token", "create", "--name", "bob"}).is_null());
    const json list = ask_rag(memory, {"token", "list"});
    REQUIRE(list["tokens"].size() == 2);
    CHECK(list["tokens"][1]["name"] == json("bob"));
    CHECK(list.dump().find(bob) == std::string::npos);

    CHECK(ask_rag(memory, {"token", "revoke", "bob"})["revoked"] == json(true));
    CHECK(await([&] { return post_modern(address, bob, "tools/list").status == 401; }));
    CHECK(post_modern(address, ann, "tools/list").status == 200);
    CHECK(ask_rag(memory, {"token", "revoke", "bob"}).is_null());
    CHECK(server.log().find(ann) == std::string::npos);
}

/// A server that trusts an issuer of the tests, and good keys of that issuer.
struct OauthWorld {
    OauthWorld() { issuer.publish({rsa.jwk(), ec.jwk()}); }

    std::map<std::string, std::string> environment() const {
        return {{"RAG_AUTH", "oauth"},
                {"RAG_OAUTH_ISSUER", issuer.url()},
                {"RAG_PUBLIC_URL", public_url}};
    }
    std::string token(const json& changes = json::object()) const {
        return rsa.token(issuer.claims(audience, changes));
    }
    int status_of(const std::string& token) const {
        return post_modern(server.address(), token, "server/discover").status;
    }

    SigningKey rsa{"RSA", "one"};
    SigningKey ec{"EC", "two"};
    LoopbackIssuer issuer;
    TestMemory memory{StoreKind::sqlite};
    RunningServer server{memory, Transport::streamable_http, environment()};
};

}  // namespace

TEST_CASE("authorization: a stored token lives from its making to its revocation (SQLite)") {
    check_life_of_a_token(StoreKind::sqlite);
}

TEST_CASE("authorization: a stored token lives from its making to its revocation (Postgres)") {
    check_life_of_a_token(StoreKind::postgres);
}

TEST_CASE("authorization: the six checks of an audience, as the conformance suite has them") {
    const OauthWorld world;
    const SigningKey untrusted("RSA", "one");
    const auto now = LoopbackIssuer::now();
    CHECK(world.status_of("") == 401);
    CHECK(world.status_of(world.token()) == 200);
    CHECK(world.status_of(world.token({{"aud", "https://other.example/mcp"}})) == 401);
    CHECK(world.status_of(world.token({{"aud", nullptr}})) == 401);
    CHECK(world.status_of(world.token({{"exp", now - 3600}})) == 401);
    CHECK(world.status_of(untrusted.token(world.issuer.claims(audience))) == 401);
}

TEST_CASE("authorization: no forged, early, foreign or unsigned token gets in") {
    const OauthWorld world;
    const json good = world.issuer.claims(audience);
    CHECK(world.status_of(world.ec.token(good)) == 200);
    CHECK(world.status_of(make_forged_token("none", good, "one", "")) == 401);
    CHECK(world.status_of(make_forged_token("HS256", good, "one", world.rsa.pem())) == 401);
    CHECK(world.status_of(world.token({{"nbf", LoopbackIssuer::now() + 3600}})) == 401);
    CHECK(world.status_of(world.token({{"iss", "https://evil.example"}})) == 401);
    CHECK(world.status_of(world.rsa.token(good) + "x") == 401);
    CHECK(world.status_of("rag_0123456789012345678901234567890123456789012") == 401);

    httplib::Client client(world.server.address());
    const auto in_query =
        client.Post("/mcp?access_token=" + world.token(), "{}", "application/json");
    REQUIRE(in_query);
    CHECK(in_query->status == 401);
}

TEST_CASE("authorization: a refusal leads to the metadata, and that to the issuer") {
    const OauthWorld world;
    const HttpAnswer bare = post_modern(world.server.address(), "", "tools/list");
    CHECK(bare.challenge == R"(Bearer scope="mcp:read", resource_metadata=)"
                            R"("https://memory.example/.well-known/oauth-protected-resource/mcp")");
    const HttpAnswer expired =
        post_modern(world.server.address(), world.token({{"exp", 1000}}), "tools/list");
    CHECK(expired.challenge.find(R"(error="invalid_token")") != std::string::npos);
    CHECK(expired.challenge.find("expired") != std::string::npos);

    httplib::Client client(world.server.address());
    for (const char* path :
         {"/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"}) {
        const auto found = client.Get(path, {{"Origin", "https://client.example"}});
        REQUIRE(found);
        CHECK(found->status == 200);
        CHECK(found->get_header_value("Content-Type") == "application/json");
        CHECK(found->get_header_value("Access-Control-Allow-Origin") == "*");
        const json body = json::parse(found->body);
        CHECK(body["resource"] == json(audience));
        CHECK(body["authorization_servers"] == json::array({world.issuer.url()}));
    }
    const auto health = client.Get("/health");
    REQUIRE(health);
    CHECK(health->status != 401);  // The store may still be opening.
}

TEST_CASE("authorization: scopes are roles, and what goes beyond them says what to ask for") {
    const OauthWorld world;
    const std::string& address = world.server.address();
    const json create = {{"name", "notes"}, {"description", "d"}};
    const HttpAnswer read_only = call_modern(address, world.token(), "create_collection", create);
    CHECK(read_only.status == 403);
    CHECK(read_only.challenge.find(R"(error="insufficient_scope")") != std::string::npos);
    CHECK(read_only.challenge.find(R"(scope="mcp:read mcp:write")") != std::string::npos);
    CHECK(read_only.challenge.find("resource_metadata=") != std::string::npos);
    // The same client comes back with what it was told to ask for, and its broader scope reads too.
    const std::string writer = world.token({{"scope", "mcp:write"}});
    CHECK(call_modern(address, writer, "create_collection", create).status == 200);
    CHECK(call_modern(address, writer, "list_collections").status == 200);
    // A token without any scope of ours may say hello, and no more.
    const std::string visitor = world.token({{"scope", "profile"}});
    CHECK(post_modern(address, visitor, "server/discover").status == 200);
    for (const char* method : {"tools/list", "resources/list", "prompts/list"}) {
        CHECK(post_modern(address, visitor, method).status == 403);
    }
    CHECK(call_modern(address, visitor, "list_collections").status == 403);
    // A claim limits the collections.
    const HttpAnswer limited = call_modern(
        address, world.token({{"rag_collections", json::array({"law"})}}), "list_collections");
    CHECK(limited.body["result"]["structuredContent"]["result"].empty());
}

TEST_CASE("authorization: a session and its requests belong to one subject") {
    const OauthWorld world;
    httplib::Client client(world.server.address());
    const auto send = [&](const std::string& token, const json& message,
                          const std::string& session) {
        httplib::Headers headers{{"Accept", "application/json, text/event-stream"},
                                 {"Authorization", "Bearer " + token}};
        if (!session.empty()) {
            headers.emplace("Mcp-Session-Id", session);
        }
        return client.Post("/mcp", headers, message.dump(), "application/json");
    };
    const json initialize = {{"jsonrpc", "2.0"},
                             {"id", 0},
                             {"method", "initialize"},
                             {"params",
                              {{"protocolVersion", "2025-11-25"},
                               {"capabilities", json::object()},
                               {"clientInfo", {{"name", "t"}, {"version", "1"}}}}}};
    const json list = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", "tools/list"}};
    const auto opened = send(world.token(), initialize, "");
    REQUIRE(opened);
    const std::string session = opened->get_header_value("Mcp-Session-Id");
    REQUIRE_FALSE(session.empty());
    CHECK(send(world.token(), list, session)->status == 200);
    CHECK(send(world.token({{"sub", "bob"}}), list, session)->status == 404);
    CHECK(client.Post("/mcp", {{"Mcp-Session-Id", session}}, list.dump(), "application/json")
              ->status == 401);
}

TEST_CASE("authorization: a new key of the issuer is found, and its keys are asked for rarely") {
    OauthWorld world;
    for (int i = 0; i < 5; ++i) {
        CHECK(world.status_of(world.token({{"jti", std::to_string(i)}})) == 200);
    }
    CHECK(world.issuer.asked_for_keys() == 1);
    const SigningKey next("EC", "three");
    world.issuer.publish({next.jwk()});
    // The pause between two fetches has to pass first: nobody makes us flood the issuer.
    bool found = false;
    for (int i = 0; i < 300 && !found; ++i) {
        found = world.status_of(
                    next.token(world.issuer.claims(audience, {{"jti", std::to_string(i)}}))) == 200;
        std::this_thread::sleep_for(found ? 0ms : 100ms);
    }
    CHECK(found);
    CHECK(world.issuer.asked_for_keys() == 2);
}

TEST_CASE("authorization: an issuer that does not answer is no verdict on a token") {
    const SigningKey key("EC", "one");
    std::string issuer_url;
    std::string token;
    {
        const LoopbackIssuer issuer;
        issuer_url = issuer.url();
        token = key.token(issuer.claims(audience));
    }
    const TestMemory memory(StoreKind::sqlite);
    RunningServer server(
        memory, Transport::streamable_http,
        {{"RAG_AUTH", "oauth"}, {"RAG_OAUTH_ISSUER", issuer_url}, {"RAG_PUBLIC_URL", public_url}});
    const HttpAnswer answer = post_modern(server.address(), token, "tools/list");
    CHECK(answer.status == 503);
    CHECK_FALSE(answer.retry_after.empty());
    CHECK(server.log().find(token) == std::string::npos);
}

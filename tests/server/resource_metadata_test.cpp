#include "server/resource_metadata.hpp"

#include "base/json.hpp"
#include "server/gate.hpp"
#include "support/fake_exchange.hpp"

#include <doctest/doctest.h>

namespace rag::server {
namespace {

http::Request get(const std::string& path) {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.headers = {{"host", "localhost:8000"}};
    return request;
}

http::Response ask(const ProtectedResource& resource, const std::string& path) {
    const auto exchange = std::make_shared<test::FakeExchange>(get(path));
    resource.routes().front().handler(exchange);
    return exchange->await_response();
}

}  // namespace

TEST_CASE("resource metadata: it stands at the root and below it, for each endpoint") {
    const ProtectedResource resource({"https://m.example", {"https://login.example"}});
    for (const char* path :
         {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"}) {
        const http::Response response = ask(resource, path);
        CHECK(response.status == 200);
        const Json body = Json::parse(response.body);
        CHECK(body["resource"] == Json("https://m.example/mcp"));
        CHECK(body["authorization_servers"] == Json::array({"https://login.example"}));
        CHECK(body["scopes_supported"] == Json::array({"mcp:read", "mcp:write", "mcp:admin"}));
        CHECK(body["bearer_methods_supported"] == Json::array({"header"}));
    }
    const http::Response sse = ask(resource, "/.well-known/oauth-protected-resource/sse");
    CHECK(Json::parse(sse.body)["resource"] == Json("https://m.example/sse"));
    CHECK(ask(resource, "/.well-known/oauth-protected-resource/other").status == 404);
    CHECK(resource.metadata_url(get("/messages")) ==
          "https://m.example/.well-known/oauth-protected-resource/sse");
}

TEST_CASE("resource metadata: a public URL may have a path, or that of an endpoint, or be unset") {
    for (const char* url : {"https://m.example/rag", "https://m.example/rag/mcp"}) {
        const ProtectedResource resource({url, {"https://login.example"}});
        CHECK(resource.metadata_url(get("/mcp")) ==
              "https://m.example/.well-known/oauth-protected-resource/rag/mcp");
        for (const char* path : {"/.well-known/oauth-protected-resource/rag/mcp",
                                 "/.well-known/oauth-protected-resource/mcp"}) {
            CHECK(Json::parse(ask(resource, path).body)["resource"] ==
                  Json("https://m.example/rag/mcp"));
        }
    }
    const ProtectedResource local({"", {"https://login.example"}});
    CHECK(local.metadata_url(get("/mcp")) ==
          "http://localhost:8000/.well-known/oauth-protected-resource/mcp");
    using Names = std::vector<std::string>;
    CHECK(resource_names("https://m.example/") ==
          Names{"https://m.example/mcp", "https://m.example/sse"});
    CHECK(resource_names("").empty());
}

TEST_CASE("resource metadata: pages of every origin may read it, and nothing else") {
    OriginRules rules;
    rules.bind_host = "127.0.0.1";
    const OriginGate gate(rules);
    for (const char* path : {"/.well-known/oauth-protected-resource/mcp", "/mcp"}) {
        http::Request request = get(path);
        request.headers.emplace_back("origin", "https://client.example");
        const bool open = is_metadata_path(path);
        CHECK((gate.check(request) == nullptr) == open);
        request.method = "OPTIONS";
        request.headers.emplace_back("access-control-request-method", "GET");
        const auto preflight = gate.check(request);
        REQUIRE(preflight);
        CHECK(preflight->status == (open ? 204 : 403));
        HttpHeaders headers;
        gate.decorate(request, headers);
        const std::pair<std::string, std::string> all{"Access-Control-Allow-Origin", "*"};
        CHECK((std::find(headers.begin(), headers.end(), all) != headers.end()) == open);
    }
    CHECK_FALSE(is_metadata_path("/.well-known/oauth-protected-resources"));
}

}  // namespace rag::server

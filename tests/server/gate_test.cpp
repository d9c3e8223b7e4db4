#include "server/gate.hpp"

#include <doctest/doctest.h>

namespace rag::server {
namespace {

http::Request request(const std::string& host, const std::string& origin = "",
                      const std::string& path = "/mcp") {
    http::Request head;
    head.method = "POST";
    head.path = path;
    head.headers = {{"host", host}};
    if (!origin.empty()) {
        head.headers.emplace_back("origin", origin);
    }
    return head;
}

int status(const OriginGate& gate, const http::Request& head) {
    const auto response = gate.check(head);
    return response ? response->status : 0;
}

std::string value_of(const HttpHeaders& headers, const std::string& name) {
    for (const auto& [key, value] : headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

OriginRules local() {
    OriginRules rules;
    rules.bind_host = "127.0.0.1";
    rules.allowed_hosts = {"memory.lan", "other.lan:8443"};
    rules.allowed_origins = {"https://inspector.example.org"};
    return rules;
}

}  // namespace

TEST_CASE("gate: on loopback its names pass with any port, and what is allowed") {
    const OriginGate gate(local());
    for (const char* host :
         {"localhost", "localhost:8000", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:8000",
          "LOCALHOST", "memory.lan", "memory.lan:80", "other.lan:8443"}) {
        CAPTURE(host);
        CHECK(status(gate, request(host)) == 0);
    }
    for (const char* host : {"", "evil.example", "evil.example:8000", "localhost.evil.example",
                             "127.0.0.1.evil.example", "[::2]", "[::1", "[::1]x", "other.lan",
                             "localhost:80x", "192.168.0.1"}) {
        CAPTURE(host);
        CHECK(status(gate, request(host)) == 403);
    }
}

TEST_CASE("gate: elsewhere loopback names are no good hosts, the public URL's is") {
    OriginRules rules;
    rules.bind_host = "0.0.0.0";
    rules.public_url = "https://memory.example.org/mcp";
    const OriginGate gate(rules);
    CHECK(status(gate, request("memory.example.org")) == 0);
    CHECK(status(gate, request("memory.example.org:443", "https://memory.example.org")) == 0);
    CHECK(status(gate, request("localhost")) == 403);
}

TEST_CASE("gate: an Origin is our own, allowed, or 403") {
    const OriginGate gate(local());
    CHECK(status(gate, request("localhost:8000", "http://localhost:8000")) == 0);
    CHECK(status(gate, request("[::1]:8000", "http://[::1]:8000")) == 0);
    CHECK(status(gate, request("localhost", "https://inspector.example.org")) == 0);
    for (const char* origin : {"http://evil.example", "null", "http://localhost:9999",
                               "http://inspector.example.org", "file://", "nonsense"}) {
        CAPTURE(origin);
        CHECK(status(gate, request("localhost:8000", origin)) == 403);
    }
}

TEST_CASE("gate: health answers any Host and Origin") {
    const OriginGate gate(local());
    CHECK(status(gate, request("10.0.0.7", "http://evil.example", "/health")) == 0);
    CHECK(status(gate, request("10.0.0.7", "", "/health/ready")) == 0);
    CHECK(status(gate, request("10.0.0.7", "", "/healthy")) == 403);
}

TEST_CASE("gate: a preflight of an allowed origin echoes the headers that were asked for") {
    const OriginGate gate(local());
    http::Request preflight = request("localhost", "https://inspector.example.org");
    preflight.method = "OPTIONS";
    preflight.headers.emplace_back("access-control-request-method", "POST");
    preflight.headers.emplace_back("access-control-request-headers", "mcp-param-x, authorization");
    const auto response = gate.check(preflight);
    REQUIRE(response);
    CHECK(response->status == 204);
    gate.decorate(preflight, response->headers);
    CHECK(value_of(response->headers, "Access-Control-Allow-Headers") ==
          "mcp-param-x, authorization");
    CHECK(value_of(response->headers, "Access-Control-Allow-Origin") ==
          "https://inspector.example.org");
    CHECK(value_of(response->headers, "Access-Control-Allow-Credentials").empty());
    CHECK(value_of(response->headers, "X-Content-Type-Options") == "nosniff");
}

TEST_CASE(
    "gate: every answer says what a browser may do with it, behind TLS that it must stay there") {
    HttpHeaders headers;
    OriginGate(local()).decorate(request("localhost"), headers);
    CHECK(value_of(headers, "Content-Security-Policy") ==
          "default-src 'none'; frame-ancestors 'none'");
    CHECK(value_of(headers, "X-Content-Type-Options") == "nosniff");
    CHECK(value_of(headers, "X-Frame-Options") == "DENY");
    CHECK(value_of(headers, "Referrer-Policy") == "no-referrer");
    CHECK(value_of(headers, "Cross-Origin-Resource-Policy") == "same-origin");
    CHECK(value_of(headers, "Strict-Transport-Security") == "");
    OriginRules rules = local();
    rules.public_url = "https://memory.example.org";
    headers.clear();
    OriginGate(rules).decorate(request("memory.example.org"), headers);
    CHECK(value_of(headers, "Strict-Transport-Security") == "max-age=31536000");
}

TEST_CASE("gate: no CORS for an origin that is not allowed") {
    const OriginGate gate(local());
    HttpHeaders headers;
    gate.decorate(request("localhost", "http://evil.example"), headers);
    CHECK(value_of(headers, "Access-Control-Allow-Origin").empty());
    CHECK(value_of(headers, "Vary") == "Origin");
}

}  // namespace rag::server

#pragma once

#include "base/clock.hpp"
#include "mcp/dispatcher.hpp"
#include "mcp/mirrored_headers.hpp"
#include "server/legacy_sse.hpp"
#include "server/streamable_http.hpp"
#include "support/fake_exchange.hpp"
#include "support/fake_registry.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace rag::test {

constexpr const char* both_types = "application/json, text/event-stream";

inline Json make_message(const Json& id, const std::string& method, Json params = Json::object()) {
    Json message = {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
    if (!id.is_null()) {
        message["id"] = id;
    }
    return message;
}

inline Json modern_message(const Json& id, const std::string& method,
                           Json params = Json::object()) {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = Json::object();
    return make_message(id, method, std::move(params));
}

inline Json initialize_message(const std::string& version = "2025-11-25") {
    return make_message(0, "initialize",
                        {{"protocolVersion", version},
                         {"capabilities", {{"elicitation", Json::object()}}},
                         {"clientInfo", {{"name", "test"}, {"version", "1"}}}});
}

inline Json body_of(const http::Response& response) {
    return response.body.empty() ? Json() : Json::parse(response.body);
}

inline std::string header_of(const http::Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) {
            return value;
        }
    }
    return "";
}

/// The JSON messages among a stream's events.
inline std::vector<Json> messages_of(const std::string& text) {
    std::vector<Json> messages;
    for (std::size_t at = text.find("\ndata: {"); at != std::string::npos;
         at = text.find("\ndata: {", at + 1)) {
        messages.push_back(Json::parse(text.substr(at + 7, text.find('\n', at + 1) - at - 7)));
    }
    return messages;
}

/// Both HTTP endpoints on fake exchanges. The caller's name is the header "test-principal".
struct HttpFixture {
    using Exchange = std::shared_ptr<FakeExchange>;

    explicit HttpFixture(server::StreamKeeperOptions options = {},
                         mcp::DispatcherOptions dispatcher_options = {})
        : dispatcher(offer.registry, fake_card(), "secret", changes, clock, ids,
                     dispatcher_options),
          sessions("secret", ended, clock),
          streams(options),
          endpoint(dispatcher, sessions, streams, jobs, {caller_of, {}, {}}),
          sse(dispatcher, streams, jobs, {caller_of, {}, {}}, ids, "/prefix") {}
    ~HttpFixture() {
        offer.door.open();
        jobs.stop();
    }

    static Caller caller_of(const http::Request& request) {
        Caller caller;
        caller.principal = mcp::find_header(request.headers, "test-principal").value_or("local");
        if (caller.principal == "limited") {
            caller.collections = {"one"};
            caller.role = Role::reader;
        }
        return caller;
    }

    static http::Request make_request(const std::string& method, HttpHeaders headers,
                                      std::string body = "") {
        http::Request request;
        request.method = method;
        request.path = "/mcp";
        request.headers = std::move(headers);
        request.body = std::move(body);
        return request;
    }

    Exchange send(http::Request request) {
        auto exchange = std::make_shared<FakeExchange>(std::move(request));
        endpoint.handle(exchange);
        return exchange;
    }
    Exchange post_text(const std::string& text, HttpHeaders headers = {}) {
        headers.emplace_back("content-type", "application/json");
        headers.emplace_back("accept", both_types);
        return send(make_request("POST", std::move(headers), text));
    }
    Exchange post(const Json& message, HttpHeaders headers = {}) {
        return post_text(message.dump(), std::move(headers));
    }
    /// With the headers that a modern request needs.
    Exchange post_modern(const Json& message, HttpHeaders headers = {}) {
        headers.emplace_back("mcp-protocol-version", "2026-07-28");
        headers.emplace_back("mcp-method", message["method"].get<std::string>());
        for (const char* key : {"name", "uri"}) {
            if (message["params"].contains(key)) {
                headers.emplace_back("mcp-name", message["params"][key].get<std::string>());
            }
        }
        return post(message, std::move(headers));
    }
    Exchange call_modern(const char* tool, Json arguments = Json::object(),
                         HttpHeaders headers = {}) {
        return post_modern(
            modern_message(1, "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}}),
            std::move(headers));
    }
    std::string open_session(const std::string& version = "2025-11-25",
                             const std::string& principal = "local") {
        const auto exchange = post(initialize_message(version), {{"test-principal", principal}});
        return header_of(exchange->await_response(), "Mcp-Session-Id");
    }

    FakeOffer offer;
    mcp::ChangeHub changes;
    SystemClock clock;
    RandomIds ids;
    mcp::Dispatcher dispatcher;
    mcp::RecentlyEndedSessions ended;
    mcp::Sessions sessions;
    Workers jobs{"job", 2, 2};
    server::StreamKeeper streams;
    server::StreamableHttp endpoint;
    server::LegacySse sse;
};

}  // namespace rag::test

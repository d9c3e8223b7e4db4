#include "server/http_fixture.hpp"

namespace {

using namespace rag::test;
using rag::HttpHeaders;
using rag::Json;

constexpr const char* session_key = "mcp-session-id";

}  // namespace

TEST_CASE("legacy: initialize opens a session, whose id is visible ASCII") {
    HttpFixture server;
    const auto response = server.post(initialize_message())->await_response();
    CHECK(response.status == 200);
    CHECK(body_of(response)["result"]["protocolVersion"] == "2025-11-25");
    const std::string id = header_of(response, "Mcp-Session-Id");
    REQUIRE_FALSE(id.empty());
    for (const char c : id) {
        CHECK((c >= 0x21 && c <= 0x7e));
    }
}

TEST_CASE("legacy: unknown and modern versions are answered with the latest legacy one") {
    HttpFixture server;
    for (const char* version : {"2026-07-28", "1999-01-01", "next"}) {
        const Json body = body_of(server.post(initialize_message(version))->await_response());
        CHECK(body["result"]["protocolVersion"] == "2025-11-25");
    }
    for (const char* version : {"2024-11-05", "2025-03-26", "2025-06-18"}) {
        const Json body = body_of(server.post(initialize_message(version))->await_response());
        CHECK(body["result"]["protocolVersion"] == version);
    }
}

TEST_CASE("legacy: initialize works with a stale session id, and without a version is -32602") {
    HttpFixture server;
    CHECK(server.post(initialize_message(), {{session_key, "stale"}})->await_response().status ==
          200);
    const auto response = server.post(make_message(1, "initialize"))->await_response();
    CHECK(body_of(response)["error"]["code"] == -32602);
    CHECK(header_of(response, "Mcp-Session-Id").empty());
}

TEST_CASE("legacy: answers hold nothing of the modern era") {
    HttpFixture server;
    const std::string id = server.open_session();
    for (const char* method : {"tools/list", "prompts/list", "resources/list"}) {
        const Json result = body_of(
            server.post(make_message(1, method), {{session_key, id}})->await_response())["result"];
        for (const char* key : {"resultType", "ttlMs", "cacheScope", "_meta"}) {
            CHECK_FALSE(result.contains(key));
        }
    }
    const auto ask = [&](const char* method, Json params) {
        return body_of(server.post(make_message(1, method, params), {{session_key, id}})
                           ->await_response())["result"];
    };
    CHECK(ask("ping", Json::object()) == Json::object());
    CHECK(ask("logging/setLevel", {{"level", "error"}}) == Json::object());
    CHECK(ask("resources/subscribe", {{"uri", "memory://x"}}) == Json::object());
    CHECK(ask("resources/unsubscribe", {{"uri", "memory://x"}}) == Json::object());
}

TEST_CASE("legacy: no session id is 400; a forged, foreign or ended one is 404") {
    HttpFixture server;
    const Json ping = make_message(1, "ping");
    const std::string id = server.open_session();
    const auto status = [&](HttpHeaders headers) {
        return server.post(ping, std::move(headers))->await_response().status;
    };
    CHECK(status({}) == 400);
    CHECK(status({{session_key, id}}) == 200);
    CHECK(status({{session_key, "nonsense"}}) == 404);
    std::string forged = id;
    forged[3] = forged[3] == 'A' ? 'B' : 'A';
    CHECK(status({{session_key, forged}}) == 404);
    CHECK(status({{session_key, id}, {"test-principal", "somebody"}}) == 404);
    const auto remove = [&] {
        return server.send(HttpFixture::make_request("DELETE", {{session_key, id}}))
            ->await_response()
            .status;
    };
    CHECK(remove() == 204);
    CHECK(status({{session_key, id}}) == 404);
    CHECK(remove() == 404);
}

TEST_CASE("legacy: a session outlives the server that opened it") {
    std::string id;
    {
        HttpFixture server;
        id = server.open_session("2025-03-26");
    }
    HttpFixture server;
    const auto response =
        server.post(Json::array({make_message(1, "ping")}), {{session_key, id}})->await_response();
    CHECK(response.status == 200);
    CHECK(body_of(response).size() == 1);
}

TEST_CASE("legacy: an unsupported version header is 400, no header is fine") {
    HttpFixture server;
    const std::string id = server.open_session();
    const Json ping = make_message(1, "ping");
    CHECK(server.post(ping, {{session_key, id}, {"mcp-protocol-version", "2025-11-25"}})
              ->await_response()
              .status == 200);
    const auto bad = server.post(ping, {{session_key, id}, {"mcp-protocol-version", "1999-01-01"}})
                         ->await_response();
    CHECK(bad.status == 400);
    CHECK(body_of(bad)["error"].is_object());
}

TEST_CASE("legacy: errors of methods come with status 200, and with the legacy codes") {
    HttpFixture server;
    const std::string id = server.open_session();
    const auto unknown =
        server.post(make_message(1, "server/discover"), {{session_key, id}})->await_response();
    CHECK(unknown.status == 200);
    CHECK(body_of(unknown)["error"]["code"] == -32601);
    const auto missing =
        server
            .post(make_message(1, "resources/read", {{"uri", "memory://x"}}), {{session_key, id}})
            ->await_response();
    CHECK(body_of(missing)["error"]["code"] == -32002);
    CHECK(body_of(missing)["error"]["data"]["uri"] == "memory://x");
}

TEST_CASE("legacy: batches are for 2025-03-26 alone") {
    HttpFixture server;
    const Json batch =
        Json::array({make_message(1, "ping"), make_message(nullptr, "notifications/x"),
                     make_message(2, "tools/list"), initialize_message()});
    const std::string old = server.open_session("2025-03-26");
    const Json answers = body_of(server.post(batch, {{session_key, old}})->await_response());
    REQUIRE(answers.is_array());
    CHECK(answers.size() == 3);
    const auto quiet =
        server.post(Json::array({make_message(nullptr, "notifications/x")}), {{session_key, old}});
    CHECK(quiet->await_response().status == 202);
    const std::string recent = server.open_session("2025-11-25");
    CHECK(server.post(batch, {{session_key, recent}})->await_response().status == 400);
    CHECK(server.post_text("[]", {{session_key, old}})->await_response().status == 400);
}

TEST_CASE("legacy: hanging up does not stop a call, a cancellation does") {
    HttpFixture server;
    const std::string id = server.open_session();
    const auto call =
        server.post(make_message(5, "tools/call", {{"name", "wait"}}), {{session_key, id}});
    REQUIRE(server.offer.door.await_waiting(1));
    call->hang_up();
    const Json cancel = make_message(nullptr, "notifications/cancelled", {{"requestId", 5}});
    const std::string other = server.open_session();
    CHECK(server.post(cancel, {{session_key, other}})->await_response().status == 202);
    CHECK(server.post(make_message(5, "ping"), {{session_key, other}})->await_response().status ==
          200);
    REQUIRE(server.offer.door.await_waiting(1));
    CHECK(server.post(cancel, {{session_key, id}})->await_response().status == 202);
    CHECK(server.offer.door.await_waiting(0));
    REQUIRE(call->stream() != nullptr);
    CHECK(call->stream()->await_close());
    CHECK(messages_of(call->stream()->text()).empty());
}

TEST_CASE("legacy: a session's stream carries what belongs to no request, to its session alone") {
    HttpFixture server;
    const std::string one = server.open_session();
    const std::string two = server.open_session();
    const auto open = [&](const std::string& id) {
        return server.send(
            HttpFixture::make_request("GET", {{session_key, id}, {"accept", "text/event-stream"}}));
    };
    const auto stream_one = open(one);
    const auto stream_two = open(two);
    REQUIRE(stream_one->stream() != nullptr);
    server.post(make_message(1, "resources/subscribe", {{"uri", "memory://a"}}),
                {{session_key, one}});
    server.changes.resource_updated("memory://a");
    CHECK(messages_of(stream_one->stream()->text()).size() == 1);
    CHECK(messages_of(stream_two->stream()->text()).empty());
    CHECK(open("nonsense")->await_response().status == 404);
}

TEST_CASE("legacy: too many streams are refused with 405") {
    rag::server::StreamKeeperOptions options;
    options.standing_max = 1;
    HttpFixture server(options);
    const HttpHeaders headers = {{session_key, server.open_session()},
                                 {"accept", "text/event-stream"}};
    CHECK(server.send(HttpFixture::make_request("GET", headers))->stream() != nullptr);
    CHECK(server.send(HttpFixture::make_request("GET", headers))->await_response().status == 405);
}

TEST_CASE("legacy: a tool that asks back does so on the stream of its call") {
    HttpFixture server;
    const std::string id = server.open_session();
    const auto call =
        server.post(make_message(1, "tools/call", {{"name", "greet"}}), {{session_key, id}});
    REQUIRE(call->stream() != nullptr);
    REQUIRE(call->stream()->await_text("elicitation/create"));
    const Json question = messages_of(call->stream()->text()).back();
    const Json answer = {{"jsonrpc", "2.0"},
                         {"id", question["id"]},
                         {"result", {{"action", "accept"}, {"content", {{"name", "Bo"}}}}}};
    CHECK(server.post(answer, {{session_key, id}})->await_response().status == 202);
    REQUIRE(call->stream()->await_close());
    CHECK(messages_of(call->stream()->text()).back()["result"]["structuredContent"]["greeting"] ==
          "Hello, Bo");
}

TEST_CASE("sse: the endpoint comes first, and every answer over the stream") {
    HttpFixture server;
    const auto opened = std::make_shared<FakeExchange>(
        HttpFixture::make_request("GET", {{"accept", "text/event-stream"}}));
    server.sse.open(opened);
    REQUIRE(opened->stream() != nullptr);
    const std::string text = opened->stream()->text();
    REQUIRE(text.starts_with("event: endpoint\ndata: /prefix/messages?sessionId="));
    const std::size_t at = text.find("sessionId=");
    const std::string query = text.substr(at, text.find('\n', at) - at);
    const auto post = [&](const std::string& body, const std::string& where,
                          const char* principal = "local") {
        auto request = HttpFixture::make_request("POST", {{"test-principal", principal}}, body);
        request.query = where;
        const auto exchange = std::make_shared<FakeExchange>(std::move(request));
        server.sse.post(exchange);
        return exchange->await_response();
    };
    CHECK(post(initialize_message("2024-11-05").dump(), query).status == 202);
    CHECK(post(make_message(3, "tools/call", {{"name", "wait"}}).dump(), query).status == 202);
    server.offer.door.open();
    REQUIRE(opened->stream()->await_text("waited"));
    const auto messages = messages_of(opened->stream()->text());
    CHECK(messages[0]["result"]["protocolVersion"] == "2024-11-05");
    CHECK(messages[1]["id"] == 3);
    CHECK(post("{", query).status == 400);
    CHECK(post(make_message(1, "ping").dump(), "sessionId=nothing").status == 404);
    CHECK(post(make_message(1, "ping").dump(), query, "somebody").status == 404);
    server.streams.end_all();
    CHECK(post(make_message(1, "ping").dump(), query).status == 404);
}

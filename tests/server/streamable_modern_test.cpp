#include "server/http_fixture.hpp"

#include "support/wire_client.hpp"

namespace {

using namespace rag::test;
using rag::HttpHeaders;
using rag::Json;

/// Status and error code of a POST of a modern message with these headers.
std::pair<int, int> refuse(HttpFixture& server, const Json& message, HttpHeaders headers) {
    const auto response = server.post(message, std::move(headers))->await_response();
    const Json body = body_of(response);
    CHECK(body.contains("id") == message.contains("id"));
    return {response.status, body["error"]["code"].get<int>()};
}

const HttpHeaders list_headers = {{"mcp-protocol-version", "2026-07-28"},
                                  {"mcp-method", "tools/list"}};

}  // namespace

TEST_CASE("modern: a request with its envelope and headers is answered whole, without a session") {
    HttpFixture server;
    const auto response =
        server.post_modern(modern_message(1, "tools/list"), {{"mcp-session-id", "x"}})
            ->await_response();
    CHECK(response.status == 200);
    CHECK(header_of(response, "Content-Type") == "application/json");
    CHECK(header_of(response, "Mcp-Session-Id").empty());
    const Json result = body_of(response)["result"];
    CHECK(result["resultType"] == "complete");
    CHECK(result["ttlMs"].is_number_integer());
    CHECK(result["cacheScope"] == "public");
    CHECK(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "rag-memory");
    CHECK(result["tools"].size() == server.offer.registry.tools().size());
}

TEST_CASE("modern: missing or mistyped parts of the envelope are -32602 with status 400") {
    HttpFixture server;
    Json no_version = modern_message(1, "tools/list");
    no_version["params"]["_meta"].erase("io.modelcontextprotocol/protocolVersion");
    CHECK(refuse(server, no_version, list_headers) == std::pair(400, -32602));
    Json no_capabilities = modern_message(1, "tools/list");
    no_capabilities["params"]["_meta"].erase("io.modelcontextprotocol/clientCapabilities");
    CHECK(refuse(server, no_capabilities, list_headers) == std::pair(400, -32602));
    Json number = modern_message(1, "tools/list");
    number["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = 5;
    CHECK(refuse(server, number, list_headers) == std::pair(400, -32602));
    Json level = modern_message(1, "tools/list");
    level["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "loud";
    CHECK(refuse(server, level, list_headers) == std::pair(400, -32602));
    CHECK(refuse(server, make_message(1, "tools/list"), list_headers) == std::pair(400, -32602));
}

TEST_CASE("modern: headers that are missing or say something else are -32020 with status 400") {
    HttpFixture server;
    const Json list = modern_message(1, "tools/list");
    CHECK(refuse(server, list, {}) == std::pair(400, -32020));
    CHECK(refuse(server, list, {{"mcp-protocol-version", "2026-07-28"}}) == std::pair(400, -32020));
    CHECK(refuse(server, list,
                 {{"mcp-protocol-version", "2025-11-25"}, {"mcp-method", "tools/list"}}) ==
          std::pair(400, -32020));
    CHECK(refuse(server, list,
                 {{"mcp-protocol-version", "2026-07-28"}, {"mcp-method", "Tools/List"}}) ==
          std::pair(400, -32020));
    const Json call = modern_message(2, "tools/call", {{"name", "echo"}});
    HttpHeaders headers = {{"mcp-protocol-version", "2026-07-28"}, {"mcp-method", "tools/call"}};
    CHECK(refuse(server, call, headers) == std::pair(400, -32020));
    headers.emplace_back("mcp-name", "other");
    CHECK(refuse(server, call, headers) == std::pair(400, -32020));
}

TEST_CASE("modern: a wrong version header is forgiven only where the operator says so") {
    HttpFixture server({}, {.version_header = rag::mcp::VersionHeader::lenient});
    const HttpHeaders headers = {{"mcp-protocol-version", "2025-11-25"},
                                 {"mcp-method", "tools/list"}};
    CHECK(server.post(modern_message(1, "tools/list"), headers)->await_response().status == 200);
}

TEST_CASE("modern: Mcp-Name may be encoded and padded with white space") {
    HttpFixture server;
    for (const char* name : {"  echo ", "=?base64?ZWNobw==?="}) {
        const auto response =
            server
                .post(modern_message(1, "tools/call",
                                     {{"name", "echo"}, {"arguments", {{"text", "x"}}}}),
                      {{"mcp-protocol-version", "2026-07-28"},
                       {"mcp-method", "tools/call"},
                       {"mcp-name", name}})
                ->await_response();
        CHECK(response.status == 200);
    }
    CHECK(refuse(server, modern_message(1, "tools/call", {{"name", "echo"}}),
                 {{"mcp-protocol-version", "2026-07-28"},
                  {"mcp-method", "tools/call"},
                  {"mcp-name", "=?base64?ZWNobw?="}}) == std::pair(400, -32020));
}

TEST_CASE("modern: an unknown version is -32022 and names those that are known") {
    HttpFixture server;
    Json message = modern_message(1, "tools/list");
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2030-01-01";
    const auto response =
        server
            .post(message, {{"mcp-protocol-version", "2030-01-01"}, {"mcp-method", "tools/list"}})
            ->await_response();
    CHECK(response.status == 400);
    const Json error = body_of(response)["error"];
    CHECK(error["code"] == -32022);
    CHECK(error["data"]["supported"] == Json::array({"2026-07-28"}));
    CHECK(error["data"]["requested"] == "2030-01-01");
}

TEST_CASE("modern: methods of the other era and unknown ones are -32601 with status 404") {
    HttpFixture server;
    for (const char* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                               "resources/unsubscribe", "tasks/list", "unknown/method"}) {
        const auto response = server.post_modern(modern_message("x", method))->await_response();
        CHECK(response.status == 404);
        CHECK(body_of(response)["error"]["code"] == -32601);
        CHECK(body_of(response)["id"] == "x");
    }
}

TEST_CASE("modern: what is wrong with params is told in band") {
    HttpFixture server;
    const auto unknown_tool = server.call_modern("nothing")->await_response();
    CHECK(unknown_tool.status == 200);
    CHECK(body_of(unknown_tool)["error"]["code"] == -32602);
    const auto unknown_resource =
        server.post_modern(modern_message(1, "resources/read", {{"uri", "memory://nothing"}}))
            ->await_response();
    CHECK(unknown_resource.status == 200);
    CHECK(body_of(unknown_resource)["error"]["code"] == -32602);
    CHECK(body_of(unknown_resource)["error"]["data"]["uri"] == "memory://nothing");
}

TEST_CASE("modern: bodies that are no single message are refused with status 400") {
    HttpFixture server;
    const auto unparsable = server.post_text("{")->await_response();
    CHECK(unparsable.status == 400);
    CHECK(body_of(unparsable)["error"]["code"] == -32700);
    CHECK_FALSE(body_of(unparsable).contains("id"));
    const auto null_id = server.post_text(R"({"jsonrpc":"2.0","id":null,"method":"x"})");
    CHECK(null_id->await_response().status == 400);
    CHECK(body_of(null_id->await_response())["error"]["code"] == -32600);
    const auto batch = server.post(Json::array({modern_message(1, "tools/list")}), list_headers);
    CHECK(batch->await_response().status == 400);
    CHECK(body_of(batch->await_response())["error"]["code"] == -32600);
}

TEST_CASE("http: content types, accept headers and methods that do not fit") {
    HttpFixture server;
    const std::string text = modern_message(1, "tools/list").dump();
    CHECK(server.send(HttpFixture::make_request("POST", {{"content-type", "text/plain"}}, text))
              ->await_response()
              .status == 415);
    HttpHeaders headers = list_headers;
    headers.emplace_back("content-type", "application/json; charset=utf-8");
    const auto status_with = [&](const char* accept) {
        HttpHeaders with = headers;
        with.emplace_back("accept", accept);
        return server.send(HttpFixture::make_request("POST", with, text));
    };
    CHECK(status_with("image/png")->await_response().status == 406);
    CHECK(status_with("application/json")->await_response().status == 200);
    CHECK(status_with("*/*")->await_response().status == 200);
    CHECK(status_with("text/event-stream")->stream() != nullptr);
    CHECK(server.send(HttpFixture::make_request("POST", headers, text))->await_response().status ==
          200);
    for (const char* method : {"GET", "DELETE", "PUT"}) {
        const auto response =
            server.send(HttpFixture::make_request(method, {{"accept", "text/event-stream"}}))
                ->await_response();
        CHECK(response.status == 405);
        CHECK(body_of(response)["error"].is_object());
    }
}

TEST_CASE("modern: a notification is accepted with 202 and an empty body") {
    HttpFixture server;
    const auto response =
        server
            .post(modern_message(nullptr, "notifications/cancelled", {{"requestId", 1}}),
                  {{"mcp-protocol-version", "2026-07-28"}})
            ->await_response();
    CHECK(response.status == 202);
    CHECK(response.body.empty());
}

TEST_CASE("modern: a request with a progress token is answered with a stream") {
    HttpFixture server;
    Json message = modern_message(1, "tools/call", {{"name", "count"}});
    message["params"]["_meta"]["progressToken"] = "t";
    const auto exchange = server.post_modern(message);
    REQUIRE(exchange->stream() != nullptr);
    REQUIRE(exchange->stream()->await_close());
    CHECK(header_of(exchange->await_response(), "Content-Type") == "text/event-stream");
    CHECK(header_of(exchange->await_response(), "X-Accel-Buffering") == "no");
    const auto messages = messages_of(exchange->stream()->text());
    REQUIRE(messages.size() == 4);
    CHECK(messages[0]["params"]["progressToken"] == "t");
    CHECK(messages[2]["params"]["progress"] == 3.0);
    CHECK(messages[3]["result"]["structuredContent"]["counted"] == 3);
    CHECK(exchange->stream()->text().find("id:") == std::string::npos);
}

TEST_CASE("modern: a client that hangs up stops its call") {
    HttpFixture server;
    const auto exchange = server.call_modern("wait");
    REQUIRE(server.offer.door.await_waiting(1));
    exchange->hang_up();
    CHECK(server.offer.door.await_waiting(0));
}

TEST_CASE("modern: a lengthy call holds no worker and is refused when the jobs are full") {
    HttpFixture server;
    std::vector<HttpFixture::Exchange> calls;
    for (int i = 0; i < 2; ++i) {
        calls.push_back(server.call_modern("wait"));  // Returns although the door is shut.
    }
    REQUIRE(server.offer.door.await_waiting(2));
    calls.push_back(server.call_modern("wait"));  // These two wait in the queue.
    calls.push_back(server.call_modern("wait"));
    const auto refused = server.call_modern("wait");
    REQUIRE(refused->stream() != nullptr);
    REQUIRE(refused->stream()->await_close());
    CHECK(messages_of(refused->stream()->text()).back()["result"]["isError"] == true);
    server.offer.door.open();
    for (const auto& call : calls) {
        CHECK(call->stream()->await_close());
    }
}

TEST_CASE("modern: headers that mirror arguments must agree with them") {
    HttpFixture server;
    const auto status = [&](Json arguments, HttpHeaders headers) {
        return server.call_modern("routed", std::move(arguments), std::move(headers))
            ->await_response()
            .status;
    };
    CHECK(status({{"region", "eu"}}, {{"mcp-param-region", "eu"}}) == 200);
    CHECK(status({{"region", "é"}}, {{"mcp-param-region", "=?base64?w6k=?="}}) == 200);
    CHECK(status({{"region", "eu"}}, {}) == 400);
    CHECK(status({{"region", "eu"}}, {{"mcp-param-region", "us"}}) == 400);
    CHECK(status({{"region", "eu"}}, {{"mcp-param-region", "=?base64?!?="}}) == 400);
    CHECK(status({{"region", nullptr}}, {{"mcp-param-region", "eu"}}) == 400);
    CHECK(status(Json::object(), {}) == 200);
}

TEST_CASE("modern: listening acknowledges first, tags every message and ends gracefully") {
    HttpFixture server;
    const auto exchange = server.post_modern(modern_message(
        7, "subscriptions/listen", {{"notifications", {{"resourcesListChanged", true}}}}));
    REQUIRE(exchange->stream() != nullptr);
    server.changes.list_changed(rag::mcp::ListKind::tools);
    server.changes.list_changed(rag::mcp::ListKind::resources);
    server.streams.end_all();
    REQUIRE(exchange->stream()->await_close());
    const auto messages = messages_of(exchange->stream()->text());
    REQUIRE(messages.size() == 3);
    CHECK(messages[0]["method"] == "notifications/subscriptions/acknowledged");
    CHECK(messages[1]["method"] == "notifications/resources/list_changed");
    CHECK(messages[1]["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 7);
    CHECK(messages[2]["id"] == 7);
    CHECK(messages[2]["result"]["resultType"] == "complete");
    CHECK(server.streams.standing() == 0);
}

TEST_CASE("modern: somebody looks for changes before a client is promised to hear of them") {
    HttpFixture server;
    int attended = 0;
    server.changes.set_attendant([&] { ++attended; });
    CHECK_FALSE(server.changes.is_watched());
    const auto exchange = server.post_modern(
        modern_message(1, "subscriptions/listen", {{"notifications", Json::object()}}));
    REQUIRE(exchange->stream() != nullptr);
    CHECK(attended == 1);
    CHECK(server.changes.is_watched());
    const std::string session = server.open_session();
    server.post(make_message(1, "resources/subscribe", {{"uri", "memory://x"}}),
                {{"mcp-session-id", session}});
    CHECK(attended == 2);
    exchange->hang_up();
    server.streams.end_all();
    // A session without a stream hears nothing, so that nobody need look for it. The stream may be
    // with the keeper's own thread, which saw it go first.
    CHECK(await([&] { return !server.changes.is_watched(); }));
}

TEST_CASE("modern: a wrong filter and too many subscriptions are refused without a stream") {
    HttpFixture server({}, {.subscriptions_max = 1});
    const Json good =
        modern_message(1, "subscriptions/listen", {{"notifications", Json::object()}});
    const auto wrong = server.post_modern(modern_message(1, "subscriptions/listen"));
    CHECK(body_of(wrong->await_response())["error"]["code"] == -32602);
    const auto first = server.post_modern(good);
    CHECK(first->stream() != nullptr);
    const auto second = server.post_modern(good);
    CHECK(second->stream() == nullptr);
    CHECK(body_of(second->await_response())["error"]["code"] == -32603);
}

TEST_CASE("modern: a caller with limits cannot watch what it may not read") {
    HttpFixture server;
    const auto listen_to = [&](const char* uri) {
        return server.post_modern(
            modern_message(1, "subscriptions/listen",
                           {{"notifications", {{"resourceSubscriptions", Json::array({uri})}}}}),
            {{"test-principal", "limited"}});
    };
    CHECK(listen_to("memory://documents/1")->stream() != nullptr);
    CHECK(body_of(listen_to("memory://documents/2")->await_response())["error"]["code"] == -32602);
}

TEST_CASE("streams: keep-alives are written, idle streams are closed, places come back") {
    rag::server::StreamKeeperOptions options;
    options.keep_alive = std::chrono::milliseconds(5);
    options.standing_max = 1;
    HttpFixture server(options);
    const Json listen =
        modern_message(1, "subscriptions/listen", {{"notifications", Json::object()}});
    const auto first = server.post_modern(listen);
    CHECK(first->stream()->await_text(": keepalive\n\n"));
    const auto refused = server.post_modern(listen);
    CHECK(refused->stream() == nullptr);
    CHECK(body_of(refused->await_response())["error"]["code"] == -32603);
    first->hang_up();
    CHECK(server.post_modern(listen)->stream() != nullptr);
}

TEST_CASE("streams: one on which nothing happens is closed with a hint to come back") {
    rag::server::StreamKeeperOptions options;
    options.keep_alive = std::chrono::milliseconds(5);
    options.idle_max = std::chrono::milliseconds(20);
    HttpFixture server(options);
    const auto exchange = server.post_modern(
        modern_message(1, "subscriptions/listen", {{"notifications", Json::object()}}));
    REQUIRE(exchange->stream()->await_close());
    CHECK(exchange->stream()->text().find("retry: 1000") != std::string::npos);
}

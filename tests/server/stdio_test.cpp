#include "server/stdio_fixture.hpp"

#include <optional>

namespace {

using rag::Json;
using rag::test::StdioServer;

const Json modern_meta = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                          {"io.modelcontextprotocol/clientCapabilities", Json::object()}};

Json request(const Json& id, const char* method, Json params = Json::object()) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

Json modern(const Json& id, const char* method, Json params = Json::object()) {
    params["_meta"] = modern_meta;
    return request(id, method, std::move(params));
}

Json call_tool(const Json& id, const char* tool, Json arguments = Json::object()) {
    return request(id, "tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
}

Json initialize(const char* version) {
    return request(0, "initialize",
                   {{"protocolVersion", version},
                    {"capabilities", {{"elicitation", Json::object()}}},
                    {"clientInfo", {{"name", "test"}, {"version", "1"}}}});
}

}  // namespace

TEST_CASE("stdio: initialize, list and call, one message a line") {
    StdioServer server;
    const Json opened = server.ask(initialize("2025-06-18"));
    CHECK(opened["result"]["protocolVersion"] == "2025-06-18");
    CHECK_FALSE(opened["result"].contains("resultType"));
    server.send({{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}});
    CHECK(server.ask(request("a", "tools/list"))["id"] == "a");
    const Json answer = server.ask(call_tool(2, "echo", {{"text", "line\nbreak"}}));
    CHECK(answer["result"]["structuredContent"]["text"] == "line\nbreak");
}

TEST_CASE("stdio: both eras are served side by side, and a probe does not pin the process") {
    StdioServer server;
    CHECK(server.ask(modern(1, "server/discover"))["result"]["supportedVersions"] ==
          Json::array({"2026-07-28"}));
    CHECK(server.ask(initialize("2025-11-25"))["result"]["protocolVersion"] == "2025-11-25");
    CHECK(server.ask(modern(2, "tools/list"))["result"]["resultType"] == "complete");
    CHECK_FALSE(server.ask(request(3, "tools/list"))["result"].contains("resultType"));
    CHECK(server.ask(request(4, "server/discover"))["error"]["code"] == -32601);
}

TEST_CASE("stdio: reading goes on while a call runs, and replies come as they are ready") {
    StdioServer server;
    server.send(call_tool(1, "wait"));
    REQUIRE(server.offer.door.await_waiting(1));
    CHECK(server.ask(request(2, "ping"))["id"] == 2);
    CHECK(server.ask(call_tool(3, "echo", {{"text", "x"}}))["id"] == 3);
    server.offer.door.open();
    CHECK(server.receive()["id"] == 1);
}

TEST_CASE("stdio: a cancelled call stops and is not answered") {
    StdioServer server;
    server.send(call_tool(1, "wait"));
    REQUIRE(server.offer.door.await_waiting(1));
    server.send({{"jsonrpc", "2.0"},
                 {"method", "notifications/cancelled"},
                 {"params", {{"requestId", 1}, {"reason", "test"}}}});
    REQUIRE(server.offer.door.await_waiting(0));
    CHECK(server.ask(request(2, "ping"))["id"] == 2);
}

TEST_CASE("stdio: an id in flight cannot be used again, one that is answered can") {
    StdioServer server;
    server.send(call_tool(1, "wait"));
    REQUIRE(server.offer.door.await_waiting(1));
    CHECK(server.ask(request(1, "ping"))["error"]["code"] == -32600);
    server.offer.door.open();
    CHECK(server.receive()["id"] == 1);
    CHECK(server.ask(request(1, "ping"))["result"] == Json::object());
}

TEST_CASE("stdio: what is not a message is answered without an id and does no harm") {
    StdioServer server;
    server.send_text("{not json}\n\n   \n");
    const Json answer = server.receive();
    CHECK(answer["error"]["code"] == -32700);
    CHECK_FALSE(answer.contains("id"));
    server.send_text("[]\n");
    CHECK(server.receive()["error"]["code"] == -32600);
    CHECK(server.ask(request(1, "ping"))["id"] == 1);
}

TEST_CASE("stdio: a line that is too long is refused, and the next one is read") {
    StdioServer server({.line_bytes_max = 1000});
    server.send_text(std::string(5000, 'x') + '\n');
    CHECK(server.receive()["error"]["code"] == -32600);
    CHECK(server.ask(request(1, "ping"))["id"] == 1);
}

TEST_CASE("stdio: calls that run when the input ends are still answered") {
    StdioServer server;
    server.send(call_tool(1, "wait"));
    REQUIRE(server.offer.door.await_waiting(1));
    server.end_input();
    server.offer.door.open();
    CHECK(server.receive()["id"] == 1);
    CHECK(server.receive().is_null());
}

TEST_CASE("stdio: calls that outlast the drain are stopped and serving ends") {
    StdioServer server({.drain = std::chrono::milliseconds(20)});
    server.send(call_tool(1, "wait"));
    REQUIRE(server.offer.door.await_waiting(1));
    server.end_input();
    CHECK(server.receive().is_null());
    CHECK(server.offer.door.await_waiting(0));
}

TEST_CASE("stdio: a stop request ends serving though the input stays open") {
    StdioServer server;
    CHECK(server.ask(request(1, "ping"))["id"] == 1);
    server.stop();
    CHECK(server.receive().is_null());
}

TEST_CASE("stdio: a 2025-03-26 client may send a batch and gets an array") {
    StdioServer server;
    server.ask(initialize("2025-03-26"));
    const Json answer = server.ask(Json::array(
        {request(1, "ping"), Json{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}},
         call_tool(2, "echo", {{"text", "x"}}), Json{{"nonsense", true}}}));
    REQUIRE(answer.is_array());
    CHECK(answer.size() == 3);
}

TEST_CASE("stdio: a batch is refused in every other revision") {
    StdioServer server;
    server.ask(initialize("2025-06-18"));
    CHECK(server.ask(Json::array({request(1, "ping")}))["error"]["code"] == -32600);
}

TEST_CASE("stdio: a modern client listens, hears only what it asked for, and cancels") {
    StdioServer server;
    const Json ack =
        server.ask(modern("sub", "subscriptions/listen",
                          {{"notifications",
                            {{"toolsListChanged", true},
                             {"resourceSubscriptions", Json::array({"memory://documents/1"})}}}}));
    CHECK(ack["method"] == "notifications/subscriptions/acknowledged");
    CHECK(ack["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "sub");
    CHECK(ack["params"]["notifications"] ==
          Json{{"resourceSubscriptions", Json::array({"memory://documents/1"})}});
    server.send(initialize("2025-11-25"));
    CHECK(server.receive()["id"] == 0);
    server.changes.resource_updated("memory://documents/2");
    server.changes.resource_updated("memory://documents/1");
    const Json update = server.receive();
    CHECK(update["method"] == "notifications/resources/updated");
    CHECK(update["params"]["uri"] == "memory://documents/1");
    CHECK(update["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == "sub");
    server.send({{"jsonrpc", "2.0"},
                 {"method", "notifications/cancelled"},
                 {"params", {{"requestId", "sub"}}}});
    CHECK(server.ask(request(9, "ping"))["id"] == 9);
    server.changes.resource_updated("memory://documents/1");
    CHECK(server.ask(request(10, "ping"))["id"] == 10);
}

TEST_CASE("stdio: an open subscription ends with a cancellation and its response") {
    StdioServer server;
    server.ask(modern(7, "subscriptions/listen", {{"notifications", Json::object()}}));
    server.end_input();
    const Json cancelled = server.receive();
    CHECK(cancelled["method"] == "notifications/cancelled");
    CHECK(cancelled["params"]["requestId"] == 7);
    const Json last = server.receive();
    CHECK(last["id"] == 7);
    CHECK(last["result"]["resultType"] == "complete");
}

TEST_CASE("stdio: a client that never shook hands is told nothing that it did not ask for") {
    StdioServer server;
    CHECK(server.ask(modern(1, "server/discover"))["id"] == 1);
    server.changes.list_changed(rag::mcp::ListKind::resources);
    CHECK(server.ask(modern(2, "server/discover"))["id"] == 2);
}

TEST_CASE("stdio: a legacy client that subscribed hears of the resource") {
    StdioServer server;
    server.ask(initialize("2025-11-25"));
    CHECK(server.ask(request(1, "resources/subscribe",
                             {{"uri", "memory://documents/1"}}))["result"] == Json::object());
    server.changes.resource_updated("memory://documents/1");
    CHECK(server.receive()["method"] == "notifications/resources/updated");
    CHECK(server.ask(request(2, "resources/unsubscribe",
                             {{"uri", "memory://documents/1"}}))["result"] == Json::object());
    server.changes.resource_updated("memory://documents/1");
    server.changes.list_changed(rag::mcp::ListKind::resources);
    CHECK(server.receive()["method"] == "notifications/resources/list_changed");
}

TEST_CASE("stdio: a legacy client is asked back over its own line") {
    StdioServer server;
    server.ask(initialize("2025-11-25"));
    server.send(call_tool(1, "greet"));
    CHECK(server.receive()["method"] == "notifications/message");
    const Json question = server.receive();
    CHECK(question["method"] == "elicitation/create");
    server.send({{"jsonrpc", "2.0"},
                 {"id", question["id"]},
                 {"result", {{"action", "accept"}, {"content", {{"name", "Ada"}}}}}});
    CHECK(server.receive()["method"] == "notifications/message");
    const Json answer = server.receive();
    CHECK(answer["result"]["structuredContent"]["greeting"] == "Hello, Ada");
}

TEST_CASE("stdio: progress comes in order, never twice, and before the reply") {
    StdioServer server;
    server.send(request(1, "tools/call", {{"name", "count"}, {"_meta", {{"progressToken", 42}}}}));
    for (const double done : {1.0, 2.0, 3.0}) {
        const Json progress = server.receive();
        CHECK(progress["method"] == "notifications/progress");
        CHECK(progress["params"]["progressToken"] == 42);
        CHECK(progress["params"]["progress"] == done);
    }
    CHECK(server.receive()["id"] == 1);
}

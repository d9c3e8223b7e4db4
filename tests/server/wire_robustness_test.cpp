// What no well-behaved client sends: over real sockets, against the endpoints as they are served.

#include "base/workers.hpp"
#include "http/server.hpp"
#include "server/http_fixture.hpp"
#include "server/stdio_fixture.hpp"
#include "support/wire_client.hpp"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace rag::test;
using rag::HttpHeaders;
using rag::Json;

/// Both HTTP endpoints behind a real server. One network thread, as the product has.
class WireServer {
public:
    explicit WireServer(rag::http::ServerLimits limits = {},
                        rag::server::StreamKeeperOptions streams = {})
        : mcp(streams), calls_("call", 4, 256), server(options(limits), routes(), calls_) {
        server.start();
    }
    ~WireServer() {
        mcp.offer.door.open();
        mcp.streams.end_all();
        server.stop();
    }

    WireClient connect() const { return WireClient(server.port()); }

    HttpFixture mcp;

private:
    static rag::http::ServerOptions options(const rag::http::ServerLimits& limits) {
        rag::http::ServerOptions options;
        options.limits = limits;
        return options;
    }
    std::vector<rag::http::Route> routes() {
        std::vector<rag::http::Route> routes{mcp.endpoint.route()};
        for (rag::http::Route& route : mcp.sse.routes()) {
            routes.push_back(std::move(route));
        }
        return routes;
    }

    rag::Workers calls_;

public:
    rag::http::Server server;
};

std::string head_of_post(std::size_t body_bytes, const HttpHeaders& headers) {
    std::string head =
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\n";
    for (const auto& [name, value] : headers) {
        head += name + ": " + value + "\r\n";
    }
    return head + "Content-Length: " + std::to_string(body_bytes) + "\r\n\r\n";
}

std::string post_of(const std::string& body, const HttpHeaders& headers = {}) {
    return head_of_post(body.size(), headers) + body;
}

HttpHeaders mirrored(const std::string& method) {
    return {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", method}};
}

std::string post_modern(const Json& message) {
    return post_of(message.dump(), mirrored(message["method"].get<std::string>()));
}

/// Status and error code (0: a result) of what the client is answered.
std::pair<int, int> read_outcome(WireClient& client) {
    const std::string answer = client.read_answer();
    const std::string body = body_of(answer);
    if (body.empty()) {
        return {status_of(answer), 0};
    }
    const Json message = Json::parse(body);
    return {status_of(answer), message.contains("error") ? message["error"]["code"].get<int>() : 0};
}

std::string nested(std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) {
        text += R"({"a":)";
    }
    return text + "1" + std::string(depth, '}');
}

Json listen_message(const Json& id, const std::string& uri = "memory://documents/1") {
    return modern_message(id, "subscriptions/listen",
                          {{"notifications", {{"resourceSubscriptions", Json::array({uri})}}}});
}

struct BadText {
    const char* what;
    std::string text;
    int code;
};

const std::vector<BadText>& bad_texts() {
    static const std::vector<BadText> all{
        {"brackets without end", std::string(200'000, '['), -32700},
        {"objects without end",
         R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)" + nested(100'000) + "}", -32700},
        {"one level too many",
         R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)" + nested(128) + "}", -32700},
        {"a number beyond every double", R"({"jsonrpc":"2.0","id":1e400,"method":"ping"})", -32700},
        {"an id beyond 64 bits", R"({"jsonrpc":"2.0","id":18446744073709551616,"method":"ping"})",
         -32600},
        {"an id beyond 63 bits", R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"ping"})",
         -32600},
        {"a fraction as id", R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", -32600},
        {"an object as id", R"({"jsonrpc":"2.0","id":{},"method":"ping"})", -32600},
        {"a lone byte", "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}", -32700},
        {"an overlong slash", "{\"jsonrpc\":\"2.0\",\"id\":\"\xc0\xaf\",\"method\":\"ping\"}",
         -32700},
        {"a surrogate in bytes",
         "{\"jsonrpc\":\"2.0\",\"id\":\"\xed\xa0\x80\",\"method\":\"ping\"}", -32700},
        {"half a surrogate pair", R"({"jsonrpc":"2.0","id":"\ud800","method":"ping"})", -32700},
        {"something after the end", R"({"jsonrpc":"2.0","id":1,"method":"ping"} x)", -32700},
        {"two messages", R"({"jsonrpc":"2.0","id":1,"method":"ping"}{"id":2})", -32700},
        {"a word", "ping", -32700},
        {"a number", "7", -32600},
        {"params as a list", R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})", -32600},
        {"a method that is no text", R"({"jsonrpc":"2.0","id":1,"method":7})", -32600},
    };
    return all;
}

}  // namespace

TEST_CASE("robustness: no text in place of a message does harm, and the connection goes on") {
    WireServer server;
    WireClient client = server.connect();
    for (const BadText& bad : bad_texts()) {
        CAPTURE(bad.what);
        client.send(post_of(bad.text));
        CHECK(read_outcome(client) == std::pair(400, bad.code));
        client.send(post_modern(modern_message(1, "tools/list")));
        REQUIRE(read_outcome(client) == std::pair(200, 0));
    }
    client.send(post_of(""));
    CHECK(read_outcome(client) == std::pair(400, -32700));
    client.send(post_of(std::string("{\"jsonrpc\":\"2.0\",\0}", 18)));
    CHECK(read_outcome(client) == std::pair(400, -32700));
}

TEST_CASE("robustness: over stdio no text in place of a message does harm either") {
    StdioServer server;
    for (const BadText& bad : bad_texts()) {
        CAPTURE(bad.what);
        std::jthread writer([&] { server.send_text(bad.text + '\n'); });
        CHECK(server.receive()["error"]["code"] == bad.code);
        writer.join();
        REQUIRE(server.ask(make_message(1, "ping"))["id"] == 1);
    }
}

TEST_CASE("robustness: what is legal but strange is answered as it is meant") {
    WireServer server;
    WireClient client = server.connect();
    const std::string session = server.mcp.open_session();
    const HttpHeaders headers = {{"Mcp-Session-Id", session}};
    // As deep as is allowed: the message, its params, and 126 more.
    client.send(post_of(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)" + nested(127) + "}",
                        headers));
    CHECK(read_outcome(client) == std::pair(200, 0));
    client.send(post_of(R"({"jsonrpc":"2.0","id":-9223372036854775808,"method":"ping"})", headers));
    CHECK(Json::parse(body_of(client.read_answer()))["id"] ==
          std::numeric_limits<std::int64_t>::min());
    // Of duplicate keys the last counts, everywhere alike: for the method that runs and for the
    // header that names it.
    client.send(post_of(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","method":"ping"})",
                        headers));
    const Json answer = Json::parse(body_of(client.read_answer()));
    CHECK(answer["id"] == 2);
    CHECK(answer["result"] == Json::object());
    std::string text = modern_message(1, "tools/list").dump();
    text.insert(1, R"("method":"resources/list",)");
    client.send(post_of(text, mirrored("resources/list")));
    CHECK(read_outcome(client) == std::pair(400, -32020));
    client.send(post_of(text, mirrored("tools/list")));
    CHECK(read_outcome(client) == std::pair(200, 0));
}

TEST_CASE("robustness: strange header values are refused by what they are for") {
    WireServer server;
    WireClient client = server.connect();
    const Json call =
        modern_message(1, "tools/call", {{"name", "echo"}, {"arguments", {{"text", "x"}}}});
    for (const char* name : {"\xff\xfe", "=?base64?/w==?=", "=?base64?ZWNobw?=",
                             "=?base64?"
                             "?=",
                             "echo\techo", "=?BASE64?ZWNobw==?="}) {
        CAPTURE(name);
        HttpHeaders headers = mirrored("tools/call");
        headers.emplace_back("Mcp-Name", name);
        client.send(post_of(call.dump(), headers));
        CHECK(read_outcome(client) == std::pair(400, -32020));
    }
    const std::string ping = make_message(1, "ping").dump();
    const std::string good = server.mcp.open_session();
    const std::vector<std::string> sessions{
        std::string(8'000, 'A'), "\xff\xff", ".", "..", "a.b.c", good + ".", good + "=",
        good.substr(1),          good + good};
    for (const std::string& session : sessions) {
        CAPTURE(session);
        client.send(post_of(ping, {{"Mcp-Session-Id", session}}));
        CHECK(read_outcome(client) == std::pair(404, -32001));
    }
    client.send(post_of(ping, {{"Mcp-Session-Id", ""}}));
    CHECK(read_outcome(client).first >= 400);
    client.send(post_of(ping, {{"Mcp-Session-Id", good}}));
    CHECK(read_outcome(client) == std::pair(200, 0));
}

TEST_CASE("robustness: a body may come byte by byte") {
    WireServer server;
    WireClient client = server.connect();
    for (const char byte : post_modern(modern_message(1, "tools/list"))) {
        client.send(std::string_view(&byte, 1));
    }
    CHECK(read_outcome(client) == std::pair(200, 0));
}

TEST_CASE("robustness: writers that stall hold nobody up and are ended in time") {
    rag::http::ServerLimits limits;
    limits.head_timeout = std::chrono::milliseconds(300);
    limits.body_timeout = std::chrono::milliseconds(300);
    WireServer server(limits);
    const std::string whole = post_modern(modern_message(1, "tools/list"));
    std::vector<WireClient> stalled;
    for (std::size_t i = 0; i < 60; ++i) {
        stalled.push_back(server.connect());
        // In the head, at its end, in the body.
        stalled.back().send(whole.substr(0, i % 3 == 0 ? 20 : i % 3 == 1 ? 150 : whole.size() - 5));
    }
    WireClient good = server.connect();
    for (int i = 0; i < 20; ++i) {
        good.send(whole);
        REQUIRE(read_outcome(good) == std::pair(200, 0));
    }
    good.close();
    CHECK(await([&] { return server.server.connections() == 0; }));
    CHECK(server.server.body_bytes_in_flight() == 0);
}

TEST_CASE("robustness: listeners that do not read are let go, and the others miss nothing") {
    WireServer server;
    const std::string uri = "memory://" + std::string(16'000, 'x');
    std::vector<WireClient> lazy;
    for (int i = 0; i < 3; ++i) {
        lazy.push_back(server.connect());
        lazy.back().set_receive_buffer(4096);
        lazy.back().send(post_modern(listen_message(i, uri)));
    }
    WireClient reader = server.connect();
    reader.send(post_modern(listen_message("reader", uri)));
    CHECK(reader.read_until("acknowledged\"").ends_with("acknowledged\""));
    REQUIRE(await([&] { return server.mcp.streams.standing() == 4; }));
    // What the kernel buffers is not ours to bound, so the writing goes on until they are gone.
    int told = 0;
    while (server.mcp.streams.standing() > 1 && told < 5'000) {
        server.mcp.changes.resource_updated(uri);
        ++told;
        CHECK(reader.read_until("resources/updated\"").ends_with("resources/updated\""));
    }
    CHECK(server.mcp.streams.standing() == 1);
    CHECK(told < 5'000);
}

TEST_CASE("robustness: 200 listen at once, the next is refused, and a place comes back") {
    WireServer server;
    std::vector<WireClient> listeners;
    for (int i = 0; i < 200; ++i) {
        listeners.push_back(server.connect());
        listeners.back().send(post_modern(listen_message(i)));
    }
    for (WireClient& listener : listeners) {
        REQUIRE(listener.read_until("acknowledged\"").ends_with("acknowledged\""));
    }
    WireClient late = server.connect();
    late.send(post_modern(listen_message("late")));
    CHECK(read_outcome(late) == std::pair(200, -32603));
    const std::string session = server.mcp.open_session();
    late.send(
        "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        "Mcp-Session-Id: " +
        session + "\r\n\r\n");
    CHECK(read_outcome(late).first == 405);
    server.mcp.changes.resource_updated("memory://documents/1");
    for (WireClient& listener : listeners) {
        CHECK(listener.read_until("resources/updated\"").ends_with("resources/updated\""));
    }
    // Calls have their own place.
    late.send(post_modern(modern_message(1, "tools/list")));
    CHECK(read_outcome(late) == std::pair(200, 0));
    listeners.pop_back();
    REQUIRE(await([&] { return server.mcp.streams.standing() < 200; }));
    late.send(post_modern(listen_message("late")));
    CHECK(late.read_until("acknowledged\"").ends_with("acknowledged\""));
}

TEST_CASE("robustness: ten thousand requests of both eras go through one connection") {
    WireServer server;
    WireClient client = server.connect();
    const HttpHeaders session = {{"Mcp-Session-Id", server.mcp.open_session()}};
    constexpr int at_once = 50;
    int wrong = 0;
    for (int i = 0; i < 10'000; i += at_once) {
        std::string requests;
        for (int k = i; k < i + at_once; ++k) {
            requests += k % 2 == 0 ? post_modern(modern_message(k, "tools/list"))
                                   : post_of(make_message(k, "ping").dump(), session);
        }
        client.send(requests);
        for (int k = i; k < i + at_once; ++k) {
            const Json answer = Json::parse(body_of(client.read_answer()));
            wrong += answer["id"] == k && answer.contains("result") ? 0 : 1;
        }
    }
    CHECK(wrong == 0);
    CHECK(server.server.connections() == 1);
}

TEST_CASE("robustness: ten thousand requests go through one pipe") {
    StdioServer server;
    constexpr int count = 10'000;
    std::jthread writer([&] {
        for (int i = 0; i < count; ++i) {
            server.send(i % 2 == 0 ? modern_message(i, "server/discover")
                                   : make_message(i, "ping"));
        }
    });
    std::vector<bool> answered(count);
    for (int i = 0; i < count; ++i) {
        const Json answer = server.receive();
        REQUIRE(answer["id"].is_number_integer());
        answered[answer["id"].get<std::size_t>()] = answer.contains("result");
    }
    CHECK(std::find(answered.begin(), answered.end(), false) == answered.end());
}

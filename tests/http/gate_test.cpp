// A gate that has to wait: it is asked on a worker, and the network thread goes on meanwhile.

#include "http/message.hpp"
#include "http/wire_client.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>

namespace rag::http {
namespace {

/// Waits for `door` at requests with the header X-Slow; refuses those with X-Bad.
ServerOptions slow_gate(std::latch& door, std::atomic<int>& waiting) {
    ServerOptions options;
    options.gate_waits = [](const Request& head) { return head.has_header("x-slow"); };
    options.gate = [&](const Request& head) -> std::unique_ptr<Response> {
        if (head.has_header("x-slow")) {
            ++waiting;
            door.wait();
        }
        return head.has_header("x-bad")
                   ? std::make_unique<Response>(make_error_response(403, "Not you."))
                   : nullptr;
    };
    return options;
}

std::string slow_post(const std::string& more, const std::string& body) {
    return "POST /w HTTP/1.1\r\nHost: a\r\nX-Slow: 1\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("gate: while it waits for one request the network thread serves others") {
    std::latch door(1);
    std::atomic<int> waiting = 0;
    TestServer test({echo_route("POST", "/w"), echo_route("GET", "/n", Place::network)},
                    slow_gate(door, waiting));
    WireClient good = test.connect();
    WireClient bad = test.connect();
    good.send(slow_post("", "body"));
    bad.send(slow_post("X-Bad: 1\r\n", "body"));
    REQUIRE(await([&] { return waiting == 2; }));
    WireClient other = test.connect();
    other.send(get("/n"));
    CHECK(status_of(other.read_answer()) == 200);
    // Both workers stand at the gate; who comes now waits in the queue.
    WireClient queued = test.connect();
    queued.send(slow_post("", "later"));
    door.count_down();
    const std::string answer = good.read_answer();
    CHECK(status_of(answer) == 200);
    CHECK(answer.find("body") != std::string::npos);
    CHECK(status_of(bad.read_answer()) == 403);
    CHECK(status_of(queued.read_answer()) == 200);
    // The connection goes on, with and without waiting.
    good.send(slow_post("", "again"));
    CHECK(status_of(good.read_answer()) == 200);
    good.send(post("/w", "at once"));
    CHECK(status_of(good.read_answer()) == 200);
}

TEST_CASE("gate: a full queue is 503, and a peer that leaves hinders nobody") {
    std::latch door(1);
    std::atomic<int> waiting = 0;
    TestServer test({echo_route("POST", "/w")}, slow_gate(door, waiting), /*queue=*/1);
    std::vector<WireClient> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(test.connect());
        clients.back().send(slow_post("", "x"));
        REQUIRE(await([&] { return waiting == i + 1; }));
    }
    WireClient queued = test.connect();
    queued.send(slow_post("", "x"));
    REQUIRE(await([&] { return test.workers.queued() == 1; }));
    WireClient refused = test.connect();
    refused.send(slow_post("", "x"));
    const std::string answer = refused.read_answer();
    CHECK(status_of(answer) == 503);
    CHECK(answer.find("Retry-After") != std::string::npos);
    clients.front().close();
    door.count_down();
    // After the gate the handlers stand in the same short queue, where one may be turned away.
    for (WireClient* client : {&clients.back(), &queued}) {
        const int status = status_of(client->read_answer());
        CHECK((status == 200 || status == 503));
    }
    CHECK(await([&] { return test.server.connections() <= 3; }));
}

TEST_CASE("gate: what a handler throws for want of rights or of a database says so") {
    Route denied;
    denied.method = "GET";
    denied.path = "/denied";
    denied.handler = [](const std::shared_ptr<Exchange>&) {
        throw Error(ErrorCode::unauthorized, "The token was revoked meanwhile.");
    };
    Route away = denied;
    away.path = "/away";
    away.handler = [](const std::shared_ptr<Exchange>&) {
        throw Error(ErrorCode::unavailable, "The database is away.");
    };
    TestServer test({denied, away});
    WireClient client = test.connect();
    client.send(get("/denied"));
    CHECK(status_of(client.read_answer()) == 401);
    client.send(get("/away"));
    CHECK(status_of(client.read_answer()) == 503);
}

}  // namespace rag::http

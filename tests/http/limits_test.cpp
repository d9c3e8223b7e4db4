#include "http/message.hpp"
#include "http/wire_client.hpp"

#include <doctest/doctest.h>

#include <atomic>

namespace rag::http {
namespace {

ServerOptions small_limits() {
    ServerOptions options;
    options.limits.body_bytes_max = 100'000;
    options.limits.body_budget_bytes = 150'000;
    return options;
}

}  // namespace

TEST_CASE("limits: a head that is too large is 431") {
    TestServer test({echo_route("GET", "/n")});
    WireClient big = test.connect();
    big.send("GET /n HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
    CHECK(status_of(big.read_answer()) == 431);
    WireClient many = test.connect();
    std::string request = "GET /n HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 101; ++i) {
        request += "X: y\r\n";
    }
    many.send(request + "\r\n");
    CHECK(status_of(many.read_answer()) == 431);
}

TEST_CASE("limits: a body beyond the limit is 413, announced or chunked") {
    TestServer test({echo_route("POST", "/w")}, small_limits());
    WireClient announced = test.connect();
    announced.send(post("/w", std::string(100'001, 'b')));
    CHECK(status_of(announced.read_answer()) == 413);
    WireClient chunked = test.connect();
    chunked.send("POST /w HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 11; ++i) {
        chunked.send("2710\r\n" + std::string(10'000, 'b') + "\r\n");
    }
    CHECK(status_of(chunked.read_answer()) == 413);
    WireClient fits = test.connect();
    fits.send(post("/w", std::string(100'000, 'b')));
    CHECK(status_of(fits.read_answer()) == 200);
}

TEST_CASE("limits: bodies in flight beyond the budget are 503, and the budget comes back") {
    TestServer test({echo_route("POST", "/w")}, small_limits());
    {
        WireClient slow = test.connect();
        slow.send("POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                  std::string(90'000, 'b'));
        REQUIRE(await([&] { return test.server.body_bytes_in_flight() == 90'000; }));
        WireClient refused = test.connect();
        refused.send(post("/w", std::string(90'000, 'b')));
        CHECK(status_of(refused.read_answer()) == 503);
        slow.send(std::string(10'000, 'b'));
        CHECK(status_of(slow.read_answer()) == 200);
    }
    CHECK(await([&] { return test.server.body_bytes_in_flight() == 0; }));
}

TEST_CASE("limits: two hundred half-open connections hinder nobody and are ended") {
    ServerOptions options;
    options.limits.head_timeout = std::chrono::milliseconds(500);
    TestServer test({echo_route("GET", "/n", Place::network)}, options);
    std::vector<WireClient> half_open;
    for (int i = 0; i < 200; ++i) {
        half_open.push_back(test.connect());
        half_open.back().send("GET /n HTT");
    }
    WireClient client = test.connect();
    client.send(get("/n"));
    CHECK(status_of(client.read_answer()) == 200);
    CHECK(half_open.front().is_ended());
    CHECK(half_open.back().is_ended());
}

TEST_CASE("limits: connections beyond the most are closed, and free again when one ends") {
    ServerOptions options;
    options.limits.connections_max = 2;
    TestServer test({echo_route("GET", "/n", Place::network)}, options);
    {
        WireClient first = test.connect();
        WireClient second = test.connect();
        REQUIRE(await([&] { return test.server.connections() == 2; }));
        WireClient third = test.connect();
        CHECK(third.is_ended());
    }
    REQUIRE(await([&] { return test.server.connections() == 0; }));
    WireClient again = test.connect();
    again.send(get("/n"));
    CHECK(status_of(again.read_answer()) == 200);
}

TEST_CASE("limits: a body that drips is given up after its time") {
    ServerOptions options;
    options.limits.body_timeout = std::chrono::milliseconds(100);
    std::atomic<int> calls{0};
    TestServer test(
        {Route{"POST", "/w", Place::worker, [&](const std::shared_ptr<Exchange>&) { ++calls; }}},
        options);
    WireClient client = test.connect();
    client.send("POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(client.is_ended());
    CHECK(calls == 0);
}

TEST_CASE("limits: the gate refuses on the head alone, before any body is read") {
    ServerOptions options;
    options.gate = [](const Request& head) {
        return head.has_header("x-bad")
                   ? std::make_unique<Response>(make_error_response(403, "Not you."))
                   : nullptr;
    };
    TestServer test({echo_route("POST", "/w")}, options);
    WireClient client = test.connect();
    client.send("POST /w HTTP/1.1\r\nHost: a\r\nX-Bad: 1\r\nContent-Length: 1000000\r\n\r\n");
    CHECK(status_of(client.read_answer()) == 403);
    WireClient good = test.connect();
    good.send(post("/w", "x"));
    CHECK(status_of(good.read_answer()) == 200);
}

}  // namespace rag::http

#include "http/message.hpp"
#include "http/wire_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>

namespace rag::http {

TEST_CASE("server: a request gets its handler's answer, on either place") {
    TestServer test({echo_route("GET", "/n", Place::network), echo_route("POST", "/w")});
    WireClient client = test.connect();
    client.send(get("/n"));
    CHECK(body_of(client.read_answer()) == "GET /n ");
    client.send(post("/w/", "hello"));
    CHECK(body_of(client.read_answer()) == "POST /w hello");
}

TEST_CASE("server: pipelined requests are answered in their order") {
    TestServer test({echo_route("POST", "/w"), echo_route("GET", "/n", Place::network)});
    WireClient client = test.connect();
    client.send(post("/w", "one") + get("/n") + post("/w", "two") + get("/n"));
    CHECK(body_of(client.read_answer()) == "POST /w one");
    CHECK(body_of(client.read_answer()) == "GET /n ");
    CHECK(body_of(client.read_answer()) == "POST /w two");
    CHECK(body_of(client.read_answer()) == "GET /n ");
}

TEST_CASE("server: ten thousand requests go through one connection") {
    TestServer test({echo_route("GET", "/n", Place::network)});
    WireClient client = test.connect();
    constexpr int requests = 10'000;
    constexpr int batch = 100;
    std::string many;
    for (int i = 0; i < batch; ++i) {
        many += get("/n");
    }
    int answered = 0;
    for (int i = 0; i < requests / batch; ++i) {
        client.send(many);
        for (int j = 0; j < batch; ++j) {
            answered += status_of(client.read_answer()) == 200 ? 1 : 0;
        }
    }
    CHECK(answered == requests);
}

TEST_CASE("server: a chunked body arrives whole") {
    TestServer test({echo_route("POST", "/w")});
    WireClient client = test.connect();
    client.send(
        "POST /w HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    CHECK(body_of(client.read_answer()) == "POST /w hello world");
}

TEST_CASE("server: Expect is answered before the body is sent") {
    TestServer test({echo_route("POST", "/w")});
    WireClient client = test.connect();
    client.send(
        "POST /w HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\n\r\n");
    CHECK(status_of(client.read_until("\r\n\r\n")) == 100);
    client.send("ok");
    CHECK(body_of(client.read_answer()) == "POST /w ok");
}

TEST_CASE("server: HEAD has the head of GET and no body") {
    TestServer test({echo_route("GET", "/n", Place::network)});
    WireClient client = test.connect();
    client.send("HEAD /n HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/n"));
    const std::string head = client.read_until("\r\n\r\n");
    CHECK(status_of(head) == 200);
    CHECK(head.find("Content-Length: 8") != std::string::npos);
    CHECK(body_of(client.read_answer()) == "GET /n ");
}

TEST_CASE("server: HTTP/1.0 ends the connection unless it asks to keep it") {
    TestServer test({echo_route("GET", "/n", Place::network)});
    WireClient once = test.connect();
    once.send("GET /n HTTP/1.0\r\n\r\n");
    CHECK(body_of(once.read_all()) == "GET /n ");
    WireClient kept = test.connect();
    kept.send("GET /n HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(kept.read_answer().find("Connection: keep-alive") != std::string::npos);
    kept.send("GET /n HTTP/1.0\r\n\r\n");
    CHECK(body_of(kept.read_all()) == "GET /n ");
}

TEST_CASE("server: an unknown path is 404, an unknown method 405 with what is allowed") {
    TestServer test({echo_route("POST", "/w"), echo_route("GET", "/w")});
    WireClient client = test.connect();
    client.send(get("/nowhere"));
    CHECK(status_of(client.read_answer()) == 404);
    client.send("DELETE /w HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string answer = client.read_answer();
    CHECK(status_of(answer) == 405);
    CHECK(answer.find("Allow: POST, GET, HEAD, OPTIONS") != std::string::npos);
    client.send("OPTIONS /w HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(status_of(client.read_until("\r\n\r\n")) == 204);
}

TEST_CASE("server: malformed requests are 400 and end the connection") {
    TestServer test({echo_route("*", "/n")});
    for (const std::string request : {
             "nonsense\r\n\r\n",
             "GET /n HTTP/1.1\r\n\r\n",
             "GET /n HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
             "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET n HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /n HTTP/3.7\r\nHost: a\r\n\r\n",
             "GET /n HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n",
             "POST /n HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
             "POST /n HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
             "POST /n HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
             "Transfer-Encoding: chunked\r\n\r\n",
             "POST /n HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
         }) {
        CAPTURE(request);
        WireClient client = test.connect();
        client.send(request);
        CHECK(status_of(client.read_answer()) == 400);
        client.shutdown_send();
        CHECK(client.is_ended());
    }
}

TEST_CASE("server: a handler that throws, or drops its exchange, gives 500") {
    TestServer test(
        {Route{"GET", "/throw", Place::worker,
               [](const std::shared_ptr<Exchange>&) { throw std::runtime_error("on purpose"); }},
         Route{"GET", "/drop", Place::worker, [](const std::shared_ptr<Exchange>&) {}}});
    WireClient client = test.connect();
    client.send(get("/throw") + get("/drop"));
    CHECK(status_of(client.read_answer()) == 500);
    CHECK(status_of(client.read_answer()) == 500);
}

TEST_CASE("server: an answer may come later, from any thread, and only the first counts") {
    std::mutex mutex;
    std::shared_ptr<Exchange> kept;
    TestServer test(
        {Route{"GET", "/later", Place::network, [&](const std::shared_ptr<Exchange>& exchange) {
                   const std::scoped_lock lock(mutex);
                   kept = exchange;
               }}});
    WireClient client = test.connect();
    client.send(get("/later"));
    std::shared_ptr<Exchange> mine;
    REQUIRE(await([&] {
        const std::scoped_lock lock(mutex);
        mine = std::exchange(kept, nullptr);
        return mine != nullptr;
    }));
    mine->respond(make_text_response(200, "text/plain", "first"));
    mine->respond(make_text_response(200, "text/plain", "second"));
    CHECK(body_of(client.read_answer()) == "first");
}

TEST_CASE("server: the handler learns that its peer has gone") {
    std::atomic<bool> running{false};
    std::atomic<bool> stopped{false};
    TestServer test(
        {Route{"GET", "/long", Place::worker, [&](const std::shared_ptr<Exchange>& exchange) {
                   running = true;
                   stopped = await([&] { return exchange->gone().stop_requested(); });
               }}});
    {
        WireClient client = test.connect();
        client.send(get("/long"));
        REQUIRE(await([&] { return running.load(); }));
    }
    CHECK(await([&] { return stopped.load(); }));
    CHECK(await([&] { return test.server.connections() == 0; }));
}

TEST_CASE("server: a full queue of workers is 503 with Retry-After") {
    std::atomic<int> running{0};
    std::atomic<bool> release{false};
    TestServer test({Route{"GET", "/hold", Place::worker,
                           [&](const std::shared_ptr<Exchange>& exchange) {
                               ++running;
                               await([&] { return release.load(); });
                               exchange->respond(Response{});
                           }}},
                    {}, 1);
    std::vector<WireClient> held;
    for (int i = 0; i < 2; ++i) {
        held.push_back(test.connect());
        held.back().send(get("/hold"));
        REQUIRE(await([&] { return running == i + 1; }));
    }
    held.push_back(test.connect());
    held.back().send(get("/hold"));
    REQUIRE(await([&] { return test.workers.queued() == 1; }));
    WireClient refused = test.connect();
    refused.send(get("/hold"));
    const std::string answer = refused.read_answer();
    CHECK(status_of(answer) == 503);
    CHECK(answer.find("Retry-After: ") != std::string::npos);
    release = true;
    CHECK(status_of(held.back().read_answer()) == 200);
}

}  // namespace rag::http

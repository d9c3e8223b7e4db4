#include "http/wire_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace rag::http {

TEST_CASE("stop: a call that runs is answered, idle connections end at once") {
    std::atomic<bool> running{false};
    std::atomic<bool> release{false};
    TestServer test({Route{"GET", "/hold", Place::worker,
                           [&](const std::shared_ptr<Exchange>& exchange) {
                               running = true;
                               await([&] { return release.load(); });
                               exchange->respond(Response{200, {}, "held"});
                           }},
                     echo_route("GET", "/n", Place::network)});
    WireClient idle = test.connect();
    idle.send(get("/n"));
    REQUIRE(status_of(idle.read_answer()) == 200);
    WireClient busy = test.connect();
    busy.send(get("/hold"));
    REQUIRE(await([&] { return running.load(); }));
    std::thread stopping([&] { test.server.stop(); });
    CHECK(idle.is_ended());
    release = true;
    const std::string answer = busy.read_all();
    CHECK(body_of(answer) == "held");
    CHECK(answer.find("Connection: close") != std::string::npos);
    stopping.join();
    CHECK(test.server.connections() == 0);
}

TEST_CASE("stop: a call that does not end is told to stop when the drain time is over") {
    std::atomic<bool> running{false};
    std::atomic<bool> stopped{false};
    ServerOptions options;
    options.limits.drain_timeout = std::chrono::milliseconds(50);
    TestServer test({Route{"GET", "/long", Place::worker,
                           [&](const std::shared_ptr<Exchange>& exchange) {
                               running = true;
                               stopped = await([&] { return exchange->gone().stop_requested(); });
                           }}},
                    options);
    WireClient client = test.connect();
    client.send(get("/long"));
    REQUIRE(await([&] { return running.load(); }));
    test.server.stop();
    CHECK(await([&] { return stopped.load(); }));
    CHECK(client.read_all().empty());
}

TEST_CASE("stop: a half-open connection does not use up the drain time") {
    TestServer test({echo_route("GET", "/n", Place::network)});
    WireClient client = test.connect();
    client.send("GET /n HTT");
    REQUIRE(await([&] { return test.server.connections() == 1; }));
    const auto begin = std::chrono::steady_clock::now();
    test.server.stop();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
}

}  // namespace rag::http

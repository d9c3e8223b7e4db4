#include "http/message.hpp"
#include "http/wire_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>

namespace rag::http {
namespace {

const HttpHeaders event_headers{{"Content-Type", "text/event-stream"}};

/// A route whose stream the test writes itself.
struct StreamRoute {
    std::shared_ptr<EventStream> wait() {
        std::shared_ptr<EventStream> found;
        await([&] {
            const std::scoped_lock lock(mutex);
            found = stream;
            return found != nullptr;
        });
        return found;
    }
    Route route() {
        return Route{"GET", "/events", Place::network,
                     [this](const std::shared_ptr<Exchange>& exchange) {
                         auto opened = exchange->respond_with_stream(200, event_headers);
                         const std::scoped_lock lock(mutex);
                         stream = opened;
                     }};
    }

    std::mutex mutex;
    std::shared_ptr<EventStream> stream;
};

}  // namespace

TEST_CASE("stream: events go out as they are written, and the connection goes on afterwards") {
    StreamRoute events;
    TestServer test({events.route(), echo_route("GET", "/n", Place::network)});
    WireClient client = test.connect();
    client.send(get("/events"));
    const std::string head = client.read_until("\r\n\r\n");
    CHECK(head.find("Transfer-Encoding: chunked") != std::string::npos);
    const auto stream = events.wait();
    REQUIRE(stream);
    CHECK(stream->write("data: 1\n\n", Delivery::required));
    CHECK(client.read_until("\n\n\r\n") == "9\r\ndata: 1\n\n\r\n");
    CHECK(stream->write("data: 2\n\n", Delivery::droppable));
    stream->close();
    CHECK(client.read_until("0\r\n\r\n") == "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    CHECK_FALSE(stream->write("data: 3\n\n", Delivery::required));
    client.send(get("/n"));
    CHECK(status_of(client.read_answer()) == 200);
}

TEST_CASE("stream: a silent stream is kept alive with comments") {
    StreamRoute events;
    ServerOptions options;
    options.limits.stream_keep_alive = std::chrono::milliseconds(20);
    TestServer test({events.route()}, options);
    WireClient client = test.connect();
    client.send(get("/events"));
    CHECK(client.read_until(": keep-alive\n\n").ends_with(": keep-alive\n\n"));
}

TEST_CASE("stream: the writer learns that the peer has gone") {
    StreamRoute events;
    TestServer test({events.route()});
    {
        WireClient client = test.connect();
        client.send(get("/events"));
        client.read_until("\r\n\r\n");
    }
    const auto stream = events.wait();
    REQUIRE(stream);
    CHECK(await([&] { return stream->gone().stop_requested(); }));
    CHECK_FALSE(stream->write("data: late\n\n", Delivery::required));
}

TEST_CASE("stream: a slow reader drops progress, ends at a result, and holds no more memory") {
    StreamRoute events;
    ServerOptions options;
    options.limits.stream_bytes_max = 64 * 1024;
    options.limits.write_timeout = std::chrono::milliseconds(500);
    TestServer test({events.route()}, options);
    WireClient client = test.connect();
    client.set_receive_buffer(4096);
    client.send(get("/events"));
    const auto stream = events.wait();
    REQUIRE(stream);
    const std::string event = "data: " + std::string(8000, 'x') + "\n\n";
    for (int i = 0; i < 2000; ++i) {
        stream->write(event, Delivery::droppable);
    }
    CHECK(await([&] { return !stream->write(event, Delivery::required); }));
    CHECK(await([&] { return stream->gone().stop_requested(); }));
    CHECK(await([&] { return test.server.connections() == 0; }));
}

TEST_CASE("stream: one event larger than the queue still passes") {
    StreamRoute events;
    TestServer test({events.route()});
    WireClient client = test.connect();
    client.send(get("/events"));
    const auto stream = events.wait();
    REQUIRE(stream);
    CHECK(stream->write("data: " + std::string(3'000'000, 'x') + "\n\n", Delivery::required));
    stream->close();
    CHECK(client.read_until("0\r\n\r\n").size() > 3'000'000);
}

TEST_CASE("stream: a stream and an exchange outlive their server") {
    StreamRoute events;
    std::shared_ptr<Exchange> kept;
    {
        TestServer test({events.route(), Route{"GET", "/kept", Place::network,
                                               [&](const std::shared_ptr<Exchange>& exchange) {
                                                   kept = exchange;
                                               }}},
                        [] {
                            ServerOptions options;
                            options.limits.drain_timeout = std::chrono::milliseconds(10);
                            return options;
                        }());
        WireClient client = test.connect();
        client.send(get("/events"));
        WireClient other = test.connect();
        other.send(get("/kept"));
        events.wait();
        client.read_until("\r\n\r\n");
        test.server.stop();
        CHECK(events.stream->gone().stop_requested());
    }
    CHECK_FALSE(events.stream->write("data: x\n\n", Delivery::required));
    events.stream->close();
    if (kept) {
        CHECK(kept->gone().stop_requested());
        kept->respond(Response{});
    }
}

}  // namespace rag::http

#include "memory/in_flight.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <thread>

using namespace rag;
using namespace rag::memory;

TEST_CASE("in flight: a repeat joins and gets the same result") {
    InFlight<int> calls;
    std::atomic<int> runs = 0;
    std::latch started(1);
    std::latch go(1);
    const auto work = [&](const CallContext&) {
        ++runs;
        started.count_down();
        go.wait();
        return 42;
    };
    int first = 0;
    int second = 0;
    std::atomic<bool> joined = false;
    std::thread a([&] { first = calls.run({}, "k", work); });
    started.wait();
    CallContext context;
    std::thread b([&] {
        joined = true;
        second = calls.run(context, "k", [&](const CallContext&) { return ++runs, 42; });
    });
    while (!joined) {
        std::this_thread::yield();
    }
    go.count_down();
    a.join();
    b.join();
    CHECK(first == 42);
    CHECK(second == 42);
}

TEST_CASE("in flight: one that leaves does not stop the work of one that stays") {
    InFlight<int> calls;
    std::latch started(1);
    std::latch joined(1);
    std::stop_source first_stops;
    CallContext first;
    first.stop = first_stops.get_token();
    std::thread a([&] {
        const int result = calls.run(first, "k", [&](const CallContext& own) {
            own.report({1, std::nullopt, "begun"});
            started.count_down();
            joined.wait();
            first_stops.request_stop();
            own.check();
            return 1;
        });
        CHECK(result == 1);
    });
    started.wait();
    CallContext second;
    // Who joins is told at once where the work is: by then it counts as a waiter.
    second.on_progress = [&](const Progress&) { joined.count_down(); };
    CHECK(calls.run(second, "k", [](const CallContext&) { return 2; }) == 1);
    a.join();
}

TEST_CASE("in flight: cancelling the only caller stops the work; errors reach everyone") {
    InFlight<int> calls;
    std::stop_source stop;
    CallContext context;
    context.stop = stop.get_token();
    CHECK_THROWS_AS(calls.run(context, "k",
                              [&](const CallContext& own) {
                                  stop.request_stop();
                                  own.check();
                                  return 1;
                              }),
                    Error);
    CHECK_THROWS_AS(
        calls.run({}, "k",
                  [](const CallContext&) -> int { throw Error(ErrorCode::unavailable, "down"); }),
        Error);
    CHECK(calls.run({}, "k", [](const CallContext&) { return 3; }) == 3);
}

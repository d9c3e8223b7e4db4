#include "base/workers.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <stdexcept>

using namespace rag;

TEST_CASE("workers: everything accepted runs, also what was queued when the pool stops") {
    std::atomic<int> ran{0};
    {
        Workers workers("test", 3, 1000);
        for (int i = 0; i < 500; ++i) {
            REQUIRE(workers.try_post([&] { ++ran; }));
        }
        workers.stop();
        CHECK_FALSE(workers.try_post([&] { ++ran; }));
    }
    CHECK(ran == 500);
}

TEST_CASE("workers: a full queue refuses at once") {
    std::latch started(1);
    std::latch release(1);
    Workers workers("test", 1, 2);
    REQUIRE(workers.try_post([&] {
        started.count_down();
        release.wait();
    }));
    started.wait();
    CHECK(workers.try_post([] {}));
    CHECK(workers.try_post([] {}));
    CHECK_FALSE(workers.try_post([] {}));
    CHECK(workers.queued() == 2);
    release.count_down();
}

TEST_CASE("workers: work that throws does not end the pool") {
    std::atomic<int> ran{0};
    Workers workers("test", 1, 10);
    REQUIRE(workers.try_post([] { throw std::runtime_error("on purpose"); }));
    REQUIRE(workers.try_post([&] { ++ran; }));
    workers.stop();
    CHECK(ran == 1);
}

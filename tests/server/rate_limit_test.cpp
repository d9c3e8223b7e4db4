#include "server/rate_limit.hpp"

#include <doctest/doctest.h>

namespace rag::server {
namespace {

class HandClock final : public Clock {
public:
    Timestamp now() const override { return {}; }
    SteadyTime steady_now() const override { return time; }
    SteadyTime time;
};

}  // namespace

TEST_CASE("rate limit: a minute's calls pass, the next waits, and time brings them back") {
    HandClock clock;
    RateLimit limit(60, clock);
    for (int i = 0; i < 60; ++i) {
        CHECK_FALSE(limit.check("ann"));
    }
    const auto refusal = limit.check("ann");
    REQUIRE(refusal);
    CHECK(refusal->status == 429);
    CHECK(refusal->headers.back() == std::pair<std::string, std::string>("Retry-After", "1"));
    CHECK_FALSE(limit.check("bob"));
    clock.time += std::chrono::seconds(2);
    CHECK_FALSE(limit.check("ann"));
    CHECK_FALSE(limit.check("ann"));
    CHECK(limit.check("ann"));
}

TEST_CASE("rate limit: zero is off, and ever new names do not grow it") {
    HandClock clock;
    RateLimit off(0, clock);
    RateLimit limit(1, clock);
    for (int i = 0; i < 10'000; ++i) {
        CHECK_FALSE(off.check("ann"));
        CHECK_FALSE(limit.check(std::to_string(i)));
    }
}

}  // namespace rag::server

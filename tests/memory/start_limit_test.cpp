#include "memory/start_limit.hpp"
#include "rag/error.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;

namespace rag::memory {
namespace {

class HandClock final : public Clock {
public:
    Timestamp now() const override { return {}; }
    SteadyTime steady_now() const override { return time; }
    SteadyTime time;
};

std::string complaint(StartLimit& limit, const std::string& principal) {
    try {
        limit.take(principal);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::rate_limited);
        return error.message();
    }
    return {};
}

}  // namespace

TEST_CASE("start limit: an hour's starts pass, the next is told when to come back") {
    HandClock clock;
    StartLimit limit(2, clock);
    CHECK(complaint(limit, "ann").empty());
    clock.time += 10min;
    CHECK(complaint(limit, "ann").empty());
    CHECK(complaint(limit, "ann").find("in 50 minutes") != std::string::npos);
    CHECK(complaint(limit, "bob").empty());
    clock.time += 50min;
    CHECK(complaint(limit, "ann").empty());
    CHECK_FALSE(complaint(limit, "ann").empty());
}

TEST_CASE("start limit: a start that was none does not count") {
    HandClock clock;
    StartLimit limit(1, clock);
    limit.take("ann");
    limit.give_back("ann");
    limit.give_back("ann");
    limit.give_back("bob");
    CHECK(complaint(limit, "ann").empty());
    CHECK_FALSE(complaint(limit, "ann").empty());
}

TEST_CASE("start limit: zero is off, and ever new names do not grow it") {
    HandClock clock;
    StartLimit off(0, clock);
    StartLimit limit(1, clock);
    for (int i = 0; i < 10'000; ++i) {
        CHECK(complaint(off, "ann").empty());
        CHECK(complaint(limit, std::to_string(i)).empty());
    }
}

}  // namespace rag::memory

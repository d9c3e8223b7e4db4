#include "memory/pending_paths.hpp"

#include <doctest/doctest.h>

using namespace rag;
using memory::PendingPaths;
using namespace std::chrono_literals;

namespace {

const SteadyTime begin{1h};

}  // namespace

TEST_CASE("pending paths: a path comes up once, when it has been quiet for a while") {
    PendingPaths paths;
    paths.touch("a", begin);
    paths.touch("a", begin + 100ms);
    CHECK_FALSE(paths.take_due(begin + PendingPaths::quiet_time));
    CHECK(paths.next_due() == begin + 100ms + PendingPaths::quiet_time);
    CHECK(paths.take_due(begin + 100ms + PendingPaths::quiet_time) == "a");
    CHECK_FALSE(paths.take_due(begin + 1h));
    CHECK_FALSE(paths.next_due());
}

TEST_CASE("pending paths: one that never becomes quiet comes up all the same") {
    PendingPaths paths;
    for (auto at = 0ms; at < PendingPaths::patience; at += 50ms) {
        CHECK_FALSE(paths.take_due(begin + at));
        paths.touch("log", begin + at);
    }
    CHECK(paths.take_due(begin + PendingPaths::patience) == "log");
}

TEST_CASE("pending paths: what has waited longest comes first") {
    PendingPaths paths;
    paths.touch("b", begin);
    paths.touch("a", begin + 10ms);
    paths.touch("c", begin + 20ms);
    paths.touch("b", begin + 30ms);
    CHECK(paths.take_due(begin + 1s) == "a");
    CHECK(paths.take_due(begin + 1s) == "c");
    CHECK(paths.take_due(begin + 1s) == "b");
}

TEST_CASE("pending paths: they have a bound, and those that are there can still be touched") {
    PendingPaths paths;
    for (std::size_t i = 0; i < PendingPaths::paths_max; ++i) {
        REQUIRE(paths.touch(std::to_string(i), begin));
    }
    CHECK_FALSE(paths.touch("one more", begin));
    CHECK(paths.touch("7", begin));
    CHECK(paths.size() == PendingPaths::paths_max);
    paths.clear();
    CHECK(paths.touch("one more", begin));
}

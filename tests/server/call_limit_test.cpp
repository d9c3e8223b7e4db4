#include "server/call_limit.hpp"
#include "server/http_fixture.hpp"

#include <doctest/doctest.h>

namespace rag::server {

TEST_CASE("call limit: a place is given back with its last copy, and each principal has its own") {
    CallLimit limit(2);
    auto first = limit.take("ann");
    const auto copy = first;
    const auto second = limit.take("ann");
    CHECK(second);
    CHECK_FALSE(limit.take("ann"));
    CHECK(limit.take("bob"));
    first.reset();
    CHECK_FALSE(limit.take("ann"));
    const http::Response refusal = limit.refuse();
    CHECK(refusal.status == 429);
    CHECK(refusal.headers.back() == std::pair<std::string, std::string>("Retry-After", "1"));
    CallLimit off(0);
    for (int i = 0; i < 100; ++i) {
        CHECK(off.take("ann"));
    }
}

TEST_CASE("call limit: a place may outlive the limit") {
    std::shared_ptr<void> place;
    {
        CallLimit limit(1);
        place = limit.take("ann");
    }
    CHECK(place);
}

}  // namespace rag::server

// Every scenario of tests/scenarios over every transport, revision and store. Behaviour that a
// client can see belongs into a scenario file, not here.

#include "support/scenario.hpp"

#include <doctest/doctest.h>

using namespace rag::test;

namespace {

void play_all(const Configuration& configuration) {
    const auto files = list_scenarios();
    REQUIRE_FALSE(files.empty());
    for (const auto& file : files) {
        const auto problems = play_scenario(file, configuration);
        for (const std::string& problem : problems) {
            FAIL_CHECK(file.filename().string()
                       << " over " << to_string(configuration) << ": " << problem);
        }
        CHECK(problems.empty());
    }
}

}  // namespace

TEST_CASE("scenarios: stdio, legacy, sqlite") {
    play_all({Transport::stdio, Wire::legacy, StoreKind::sqlite});
}
TEST_CASE("scenarios: stdio, modern, sqlite") {
    play_all({Transport::stdio, Wire::modern, StoreKind::sqlite});
}
TEST_CASE("scenarios: streamable http, legacy, sqlite") {
    play_all({Transport::streamable_http, Wire::legacy, StoreKind::sqlite});
}
TEST_CASE("scenarios: streamable http, modern, sqlite") {
    play_all({Transport::streamable_http, Wire::modern, StoreKind::sqlite});
}
TEST_CASE("scenarios: http+sse, legacy, sqlite") {
    play_all({Transport::sse, Wire::legacy, StoreKind::sqlite});
}
TEST_CASE("scenarios: stdio, legacy, postgres") {
    play_all({Transport::stdio, Wire::legacy, StoreKind::postgres});
}
TEST_CASE("scenarios: stdio, modern, postgres") {
    play_all({Transport::stdio, Wire::modern, StoreKind::postgres});
}
TEST_CASE("scenarios: streamable http, legacy, postgres") {
    play_all({Transport::streamable_http, Wire::legacy, StoreKind::postgres});
}
TEST_CASE("scenarios: streamable http, modern, postgres") {
    play_all({Transport::streamable_http, Wire::modern, StoreKind::postgres});
}
TEST_CASE("scenarios: http+sse, legacy, postgres") {
    play_all({Transport::sse, Wire::legacy, StoreKind::postgres});
}

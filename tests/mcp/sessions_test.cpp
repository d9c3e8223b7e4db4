#include "mcp/sessions.hpp"

#include "base/clock.hpp"
#include "mcp/seal.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace {

using namespace rag::mcp;

class SetClock final : public rag::Clock {
public:
    rag::Timestamp now() const override { return time; }
    rag::SteadyTime steady_now() const override { return {}; }

    rag::Timestamp time{std::chrono::hours(500'000)};
};

}  // namespace

TEST_CASE("sessions: an id tells what was agreed, to any server with the same secret") {
    SetClock clock;
    RecentlyEndedSessions ended;
    const Sessions here("secret", ended, clock);
    const Sessions there("secret", ended, clock);
    const ClientCapabilities capabilities{.sampling = true,
                                          .roots = false,
                                          .elicitation_form = true,
                                          .elicitation_url = false,
                                          .tasks = true};
    const std::string id = here.open(Revision::v2025_06_18, "ada", capabilities);
    const auto session = there.find(id, "ada");
    REQUIRE(session);
    CHECK(session->revision == Revision::v2025_06_18);
    CHECK(session->capabilities == capabilities);
    CHECK(id.find("ada") == std::string::npos);
    CHECK(here.open(Revision::v2025_06_18, "ada", capabilities) != id);
}

TEST_CASE("sessions: no change of an id goes unnoticed, and no other secret makes one") {
    SetClock clock;
    RecentlyEndedSessions ended;
    const Sessions sessions("secret", ended, clock);
    const std::string id = sessions.open(latest_legacy, "ada", {});
    // The last character of base64url may hold bits that stand for nothing.
    for (std::size_t i = 0; i + 1 < id.size(); ++i) {
        std::string changed = id;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(sessions.find(changed, "ada"));
    }
    CHECK_FALSE(Sessions("other", ended, clock).find(id, "ada"));
    for (const char* text : {"", ".", "a.b", "....", "\xff"}) {
        CHECK_FALSE(sessions.find(text, "ada"));
    }
    CHECK_FALSE(sessions.find(std::string(100'000, 'A'), "ada"));
}

TEST_CASE("sessions: another principal, an end and time over all mean not found") {
    SetClock clock;
    RecentlyEndedSessions ended;
    Sessions sessions("secret", ended, clock, std::chrono::hours(1));
    const std::string one = sessions.open(latest_legacy, "ada", {});
    const std::string two = sessions.open(latest_legacy, "ada", {});
    CHECK_FALSE(sessions.find(one, "bob"));
    sessions.end(*sessions.find(one, "ada"));
    CHECK_FALSE(sessions.find(one, "ada"));
    CHECK(sessions.find(two, "ada"));
    clock.time += std::chrono::hours(1);
    CHECK_FALSE(sessions.find(two, "ada"));
}

TEST_CASE("sessions: fields of other types are no session, though we signed them") {
    SetClock clock;
    RecentlyEndedSessions ended;
    const Sessions sessions("secret", ended, clock);
    const Seal seal("secret", "session");
    for (const char* fields :
         {"null", "{}", "[]", "[1,2,3,4,5]", R"(["2025-11-25",null,0,0,""])",
          R"(["2025-11-25","d","x",1e300,"n"])", R"(["2025-11-25","d",-1,0,[]])"}) {
        CAPTURE(fields);
        CHECK_FALSE(sessions.find(seal.close(rag::Json::parse(fields)), "p"));
    }
}

TEST_CASE("sessions: what is remembered of ended ones is bounded") {
    RecentlyEndedSessions ended(2);
    for (const char* nonce : {"a", "b", "b", "c"}) {
        ended.add(nonce, {});
    }
    CHECK_FALSE(ended.contains("a"));
    CHECK(ended.contains("b"));
    CHECK(ended.contains("c"));
}

TEST_CASE("seal: what is sealed for one purpose is nothing to another") {
    const Seal seal("secret", "one");
    const std::string sealed = seal.close({{"a", 1}});
    CHECK(seal.open(sealed) == rag::Json{{"a", 1}});
    CHECK_FALSE(Seal("secret", "two").open(sealed));
    CHECK_THROWS(Seal("", "one"));
}

// Several servers on one memory: each finds what another wrote, and goes on without its database.

#include "support/database.hpp"
#include "support/own_postgres.hpp"
#include "support/running_server.hpp"
#include "support/tcp_relay.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

using namespace rag::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// How soon a server has to find what another has written.
constexpr auto current_within = 1s;
constexpr auto patience = 30s;

bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

/// A server and one client of it.
class Member {
public:
    Member(const TestMemory& memory, int number, std::map<std::string, std::string> environment)
        : server_(memory, Transport::streamable_http,
                  with_folder(memory, number, std::move(environment))),
          client_(server_.connect(Wire::modern)) {}

    RunningServer& server() { return server_; }

    json call(const std::string& tool, json arguments) {
        const json result = call_tool(*client_, tool, std::move(arguments));
        if (result.value("isError", false)) {
            throw std::runtime_error(result["content"][0]["text"].get<std::string>());
        }
        return result["structuredContent"];
    }

    void make_collection() { call("create_collection", {{"name", "c"}, {"description", "d"}}); }

    std::int64_t add(const std::string& title, const std::string& text) {
        return call("ingest_text",
                    {{"content", text}, {"collection_name", "c"}, {"document_title", title}})
            .at("source_document_id");
    }

    /// The documents that hold the word.
    std::vector<std::int64_t> find(const std::string& word) {
        std::vector<std::int64_t> ids;
        const json found = call(
            "search_documents",
            {{"query", word}, {"search_mode", "keyword"}, {"collection_name", "c"}, {"limit", 50}});
        for (const json& hit : found.at("result")) {
            ids.push_back(hit.at("source_document_id"));
        }
        return ids;
    }

    bool finds(const std::string& word) { return !find(word).empty(); }

    /// Until then the database answers.
    bool has_copy() const {
        return server_.log().find("The search index holds") != std::string::npos;
    }

private:
    /// Each server is a machine of its own, which shares nothing but the database.
    static std::map<std::string, std::string> with_folder(
        const TestMemory& memory, int number, std::map<std::string, std::string> environment) {
        const auto given = memory.environment();
        if (given.contains("DATABASE_URL") || environment.contains("DATABASE_URL")) {
            environment["RAG_DATA_DIR"] = memory.dir() + "/.data" + std::to_string(number);
        }
        return environment;
    }

    RunningServer server_;
    std::unique_ptr<McpClient> client_;
};

class Fleet {
public:
    explicit Fleet(const TestMemory& memory, int size = 3) {
        for (int i = 0; i < size; ++i) {
            members_.push_back(
                std::make_unique<Member>(memory, i, std::map<std::string, std::string>{}));
        }
        members_[0]->make_collection();
    }

    Member& operator[](std::size_t i) { return *members_[i]; }

    /// Whether each server comes to find the word, or comes not to.
    bool all_find(const std::string& word, std::chrono::milliseconds most) {
        return all([&](Member& member) { return member.finds(word); }, most);
    }
    bool none_find(const std::string& word, std::chrono::milliseconds most) {
        return all([&](Member& member) { return !member.finds(word); }, most);
    }

private:
    bool all(const std::function<bool(Member&)>& holds, std::chrono::milliseconds most) {
        return becomes_true(
            [&] {
                return std::all_of(members_.begin(), members_.end(),
                                   [&](const auto& member) { return holds(*member); });
            },
            most);
    }

    std::vector<std::unique_ptr<Member>> members_;
};

/// The first search of each makes its copy of the memory worth having.
void warm_up(Fleet& fleet) {
    fleet[0].add("warm", "A thermometer");
    REQUIRE(fleet.all_find("thermometer", patience));
}

std::unique_ptr<HeldTransaction> hold(const TestMemory& memory, StoreKind store) {
    return store == StoreKind::postgres ? hold_postgres(postgres_address())
                                        : hold_sqlite(memory.dir() + "/.data/memory.db");
}

void check_currency(StoreKind store) {
    const TestMemory memory(store);
    Fleet fleet(memory);
    warm_up(fleet);
    const std::int64_t id = fleet[0].add("one", "An okapi");
    CHECK(fleet.all_find("okapi", current_within));
    fleet[1].call("update_document", {{"document_id", id}, {"content", "A quokka"}});
    CHECK(fleet.all_find("quokka", current_within));
    CHECK(fleet.none_find("okapi", current_within));
    fleet[2].call("delete_document", {{"document_id", id}});
    CHECK(fleet.none_find("quokka", current_within));

    auto older = hold(memory, store);
    std::jthread writer([&] { fleet[0].add("two", "A zebra"); });
    if (store == StoreKind::postgres) {
        writer.join();
        CHECK(fleet[0].finds("zebra"));
    }
    CHECK_FALSE(fleet[1].finds("zebra"));
    older->commit();
    if (writer.joinable()) {
        writer.join();
    }
    CHECK(fleet.all_find("zebra", current_within));
}

/// Three servers write at once, while transactions of another program begin and end; whoever
/// commits late must be found all the same.
void check_interleaved(StoreKind store) {
    const TestMemory memory(store);
    Fleet fleet(memory);
    warm_up(fleet);
    constexpr int writes = 12;
    std::atomic<int> left = 3;
    {
        std::vector<std::jthread> writers;
        for (std::size_t i = 0; i < 3; ++i) {
            writers.emplace_back([&, i] {
                for (int n = 0; n < writes; ++n) {
                    const std::string word = "w" + std::to_string(i) + "x" + std::to_string(n);
                    fleet[i].add(word, "The common word and " + word);
                }
                --left;
            });
        }
        while (left > 0) {
            auto older = hold(memory, store);
            std::this_thread::sleep_for(15ms);
            older->commit();
            std::this_thread::sleep_for(5ms);
        }
    }
    CHECK(becomes_true(
        [&] {
            return fleet[0].find("common").size() == 3 * writes &&
                   fleet[1].find("common").size() == 3 * writes &&
                   fleet[2].find("common").size() == 3 * writes;
        },
        current_within));
}

}  // namespace

TEST_CASE("currency: three servers on one Postgres find each other's writes within a second") {
    check_currency(StoreKind::postgres);
}

TEST_CASE("currency: three servers on one SQLite file find each other's writes within a second") {
    check_currency(StoreKind::sqlite);
}

TEST_CASE("currency: interleaved commits of three servers are all found (postgres)") {
    check_interleaved(StoreKind::postgres);
}

TEST_CASE("currency: interleaved commits of three servers are all found (sqlite)") {
    check_interleaved(StoreKind::sqlite);
}

TEST_CASE("currency: a server cut off from its database answers, says so and catches up") {
    const TestMemory memory(StoreKind::postgres);
    TcpRelay relay(postgres_address());
    Member near(memory, 0, {});
    Member far(memory, 1, {{"DATABASE_URL", relay.address()}});
    near.make_collection();
    const std::int64_t gone = near.add("one", "An okapi");
    near.add("two", "A quokka");
    REQUIRE(becomes_true([&] { return far.has_copy(); }, patience));
    REQUIRE(becomes_true([&] { return far.finds("okapi") && far.finds("quokka"); }, patience));
    REQUIRE(far.server().health()["status"] == "ok");

    relay.shut();
    CHECK(becomes_true([&] { return far.server().health()["store"] == "unreachable"; }, patience));
    CHECK(far.server().health()["status"] == "degraded");
    CHECK(far.server().health()["http_status"] == 200);
    near.call("delete_document", {{"document_id", gone}});
    near.add("three", "A zebra");
    CHECK(far.finds("okapi"));
    CHECK_FALSE(far.finds("zebra"));
    const json all = far.call("search_documents", {{"query", "quokka"}, {"limit", 5}});
    CHECK(all.at("result").at(0).at("content") == "A quokka");
    CHECK_THROWS_WITH(far.add("four", "A heron"), doctest::Contains("does not answer"));

    relay.open();
    CHECK(becomes_true([&] { return far.finds("zebra") && !far.finds("okapi"); }, patience));
    CHECK(becomes_true([&] { return far.server().health()["status"] == "ok"; }, patience));
    CHECK_NOTHROW(far.add("four", "A heron"));
    CHECK(becomes_true([&] { return near.finds("heron"); }, current_within));
}

TEST_CASE(
    "currency: a restart of Postgres costs searches nothing and writes only those in flight") {
    const TestMemory memory(StoreKind::sqlite);
    const OwnPostgres postgres;
    const std::map<std::string, std::string> environment{{"DATABASE_URL", postgres.address()}};
    Member one(memory, 0, environment);
    Member two(memory, 1, environment);
    one.make_collection();
    one.add("first", "A thermometer");
    REQUIRE(becomes_true([&] { return one.has_copy() && two.has_copy(); }, patience));
    REQUIRE(becomes_true([&] { return one.finds("thermometer") && two.finds("thermometer"); },
                         patience));
    std::vector<std::string> stored;
    std::atomic<int> searches = 0;
    std::atomic<int> failed_searches = 0;
    std::atomic<int> writes = 0;
    std::atomic<bool> over = false;
    {
        const std::jthread writer([&] {
            for (int n = 0; !over; ++n) {
                const std::string word = "n" + std::to_string(n) + "w";
                try {
                    one.add(word, "The word " + word);
                    stored.push_back(word);
                } catch (const std::exception&) {
                    ++writes;
                    continue;
                }
                ++writes;
            }
        });
        const std::jthread searcher([&] {
            for (; !over; ++searches) {
                failed_searches += two.finds("thermometer") ? 0 : 1;
            }
        });
        REQUIRE(becomes_true([&] { return writes > 5 && searches > 20; }, patience));
        postgres.restart();
        const int until = writes + 5;
        CHECK(becomes_true([&] { return writes > until; }, patience));
        over = true;
    }
    CHECK(failed_searches == 0);
    CHECK(stored.size() > 5);
    for (const std::string& word : stored) {
        CHECK(becomes_true([&] { return one.finds(word) && two.finds(word); }, patience));
    }
}

TEST_CASE("currency: RAG_DB_POOL bounds the connections of a busy server") {
    const TestMemory memory(StoreKind::postgres);
    const std::string name = memory.environment().at("RAG_DB_SCHEMA");
    constexpr std::size_t pool = 3;
    Member member(memory, 0,
                  {{"DATABASE_URL", postgres_address() + "?application_name=" + name},
                   {"RAG_DB_POOL", std::to_string(pool)}});
    member.make_collection();
    std::atomic<bool> over = false;
    std::atomic<int> failures = 0;
    std::size_t most = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&, thread] {
                const auto client = member.server().connect(Wire::modern);
                for (int n = 0; !over; ++n) {
                    const std::string text =
                        "Text " + std::to_string(n) + " of " + std::to_string(thread);
                    const json added = call_tool(*client, "ingest_text",
                                                 {{"content", text}, {"collection_name", "c"}});
                    const json listed = call_tool(*client, "list_documents", json::object());
                    failures += added.value("isError", false) ? 1 : 0;
                    failures += listed.value("isError", false) ? 1 : 0;
                }
            });
        }
        for (int look = 0; look < 40; ++look) {
            most = std::max(most, count_connections(postgres_address(), name));
        }
        over = true;
    }
    CHECK(failures == 0);
    CHECK(most == pool);
}

// What happens to calls while locks are held, backends are killed and servers go away.
#include "rag/error.hpp"
#include "storage/kinds.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_store.hpp"
#include "support/own_postgres.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

using namespace rag;

namespace {

using std::chrono::milliseconds;

void wait_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        std::this_thread::sleep_for(milliseconds(2));
    }
}

/// `call` cannot end by itself: it must end at its deadline, and at once when asked to stop.
void check_ends(const std::function<void(const CallContext&)>& call) {
    CallContext late;
    const auto begin = std::chrono::steady_clock::now();
    late.deadline = begin + milliseconds(150);
    CHECK(contract::code_of([&] { call(late); }) == ErrorCode::deadline_exceeded);
    CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(140));
    std::stop_source source;
    CallContext stopped;
    stopped.stop = source.get_token();
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(100));
        source.request_stop();
    });
    CHECK(contract::code_of([&] { call(stopped); }) == ErrorCode::cancelled);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

/// Another program in the middle of a change of the schema's document `id`.
class HeldDocument {
public:
    HeldDocument(const test::OwnSchema& schema, DocumentId id)
        : connection_(test::server_address(), storage::Pooler::off) {
        connection_.begin();
        connection_.run("select 1 from " + schema.name() +
                        ".source_documents where id = " + std::to_string(id) + " for update");
    }
    void let_go() { connection_.commit(); }

private:
    storage::PostgresConnection connection_;
};

}  // namespace

TEST_CASE("postgres: a call that waits for a lock ends with its deadline and its stop") {
    auto schema = std::make_shared<test::OwnSchema>();
    const auto tested = test::make_postgres(schema, schema->options());
    const CollectionId collection = contract::add_collection(tested->store(), "notes");
    const DocumentId id =
        tested->store().add_document({}, contract::make_document(collection, "one")).id;
    HeldDocument held(*schema, id);
    check_ends([&](const CallContext& context) {
        tested->store().update_document(context, id, contract::make_change("two"));
    });
    held.let_go();
    CHECK(tested->store().get_document({}, id)->content == "one");
    CHECK(tested->store().update_document({}, id, contract::make_change("two")).changed);
}

TEST_CASE("sqlite: a call that waits for the file ends with its deadline and its stop") {
    const test::TempDir dir;
    const auto database =
        std::make_shared<storage::SqliteDatabase>(dir.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store(database);
    const CollectionId collection = contract::add_collection(store, "notes");
    storage::Connection other(dir.file("memory.db"), storage::Connection::Use::write);
    other.execute("BEGIN IMMEDIATE");
    check_ends([&](const CallContext& context) {
        store.add_document(context, contract::make_document(collection, "one"));
    });
    CHECK(store.list_documents({}, {}).total_count == 0);
    other.execute("ROLLBACK");
    CHECK(store.add_document({}, contract::make_document(collection, "one")).added);
}

TEST_CASE("postgres: a write whose backend is killed is done again, once") {
    auto schema = std::make_shared<test::OwnSchema>();
    const auto tested = test::make_postgres(schema, schema->options());
    const CollectionId collection = contract::add_collection(tested->store(), "notes");
    const DocumentId id =
        tested->store().add_document({}, contract::make_document(collection, "one")).id;
    HeldDocument held(*schema, id);
    DocumentUpdated updated;
    {
        const std::jthread writer([&] {
            updated = tested->store().update_document({}, id, contract::make_change("two"));
        });
        wait_until([&] {
            return !schema
                        ->run(
                            "select pg_terminate_backend(pid) from pg_stat_activity where "
                            "wait_event_type = 'Lock' and query like '%" +
                            schema->name() + ".%'")
                        .empty();
        });
        held.let_go();
    }
    CHECK(updated.changed);
    CHECK(updated.version == 2);
    CHECK(tested->store().list_versions({}, id).size() == 2);
}

TEST_CASE("postgres: a restart of the server costs only the calls in flight") {
    const test::OwnPostgres server;
    storage::PostgresOptions options;
    options.address = server.address();
    storage::PostgresPool pool(options);
    storage::PostgresStore store({}, pool);
    const CollectionId collection = contract::add_collection(store, "notes");
    std::mutex mutex;
    std::vector<std::string> stored;
    std::vector<ErrorCode> failures;
    std::atomic<int> done = 0;
    std::atomic<bool> over = false;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 3; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; !over; ++i) {
                    const std::string text = std::to_string(thread) + '/' + std::to_string(i);
                    try {
                        store.add_document({}, contract::make_document(collection, text));
                        const std::scoped_lock lock(mutex);
                        stored.push_back("text:" + text);
                    } catch (const Error& error) {
                        const std::scoped_lock lock(mutex);
                        failures.push_back(error.code());
                    }
                    ++done;
                }
            });
        }
        wait_until([&] { return done > 20; });
        server.restart();
        // The server answers: whatever begins from now on must succeed.
        CHECK_NOTHROW(store.list_collections({}));
        CHECK_NOTHROW(store.add_document({}, contract::make_document(collection, "after")));
        const int until = done + 20;
        wait_until([&] { return done > until; });
        over = true;
    }
    for (const ErrorCode code : failures) {
        CHECK(code == ErrorCode::unavailable);
    }
    for (const std::string& identity : stored) {
        CHECK(store.find_by_identity({}, collection, identity));
    }
}

TEST_CASE("every store: readers see whole documents while others write") {
    contract::MakeStore make;
    SUBCASE("sqlite") {
        make = test::make_sqlite;
    }
    SUBCASE("postgres") {
        make = [] { return test::make_postgres(); };
    }
    const auto tested = make();
    const CollectionId collection = contract::add_collection(tested->store(), "notes");
    constexpr int chunks = 3;
    constexpr std::size_t chunks_unsigned = chunks;
    std::atomic<bool> over = false;
    std::jthread writer([&] {
        for (int i = 0; i < 40; ++i) {
            const NewDocument document =
                contract::make_long_document(collection, "Common", {"a ", "b ", std::to_string(i)});
            const auto added = tested->store().add_document({}, document);
            DocumentUpdate update;
            update.chunks = document.chunks;
            tested->store().update_document({}, added.id, update);
            if (i % 3 == 0) {
                tested->store().delete_document({}, added.id);
            }
        }
        over = true;
    });
    const SearchScope scope{{collection}, {}};
    const WordQuery common{{{"common", false}}, {}};
    const Vector query = contract::turned(0);
    while (!over) {
        CHECK(tested->index().count({}, scope) % chunks == 0);
        CHECK(tested->index().best_words({}, scope, common, 1000).hits.size() % chunks_unsigned ==
              0);
        CHECK(tested->index().nearest({}, scope, contract::test_space(), query, 1000).size() %
                  chunks_unsigned ==
              0);
        CHECK(tested->store().find_collection({}, "notes")->chunk_count % chunks == 0);
    }
    CHECK(tested->store().status({}).document_count == 26);
}

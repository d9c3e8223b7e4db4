// The change feed keeps 7 days and at least 100 000 rows; here the rows are put in directly, old.
#include "rag/store.hpp"
#include "storage/kinds.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_store.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace rag;

namespace {

constexpr int rows_old = 101'500;
constexpr int kept_min = 100'000;
/// So many more changes of its own that a store must have looked for old ones among them.
constexpr int changes_made = 1000;

void change_often(Store& store) {
    contract::add_collection(store, "notes");
    for (int i = 0; i < changes_made; ++i) {
        store.update_collection_description({}, "notes", std::to_string(i));
    }
}

void check_trimmed(Store& store, const FeedPosition& start, std::int64_t rows) {
    CHECK(rows < rows_old + changes_made);
    CHECK(rows >= kept_min);
    CHECK(store.read_changes({}, start, 10).rebuild);
    const FeedPosition end = store.feed_end({});
    CHECK_FALSE(store.read_changes({}, end, 10).rebuild);
}

}  // namespace

TEST_CASE("sqlite: old rows of the feed go, and who still needs them rebuilds") {
    const test::TempDir dir;
    const auto database =
        std::make_shared<storage::SqliteDatabase>(dir.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store(database);
    const FeedPosition start = store.feed_end({});
    database->write({}, [](storage::Connection& db) {
        db.execute("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                   std::to_string(rows_old) +
                   ") INSERT INTO changes (kind, collection_id, document_id, created_at) SELECT "
                   "0, 1, 0, 0 FROM n");
    });
    CHECK_FALSE(store.read_changes({}, start, 10).rebuild);
    change_often(store);
    std::int64_t rows = 0;
    database->read({}, [&](storage::Connection& db) {
        storage::Statement row = db.prepare("SELECT count(*) FROM changes");
        row.step();
        rows = row.integer(0);
    });
    check_trimmed(store, start, rows);
}

TEST_CASE("postgres: old rows of the feed go, and who still needs them rebuilds") {
    auto schema = std::make_shared<test::OwnSchema>();
    const auto tested = test::make_postgres(schema, schema->options());
    Store& store = tested->store();
    const FeedPosition start = store.feed_end({});
    // Two transactions: rows of one stay or go together.
    for (const int rows : {rows_old - kept_min, kept_min}) {
        schema->run(
            "insert into @S.changes (op, collection_id, document_id, created_at) select "
            "'0', 1, 0, now() - interval '8 days' from generate_series(1, " +
            std::to_string(rows) + ")");
    }
    CHECK_FALSE(store.read_changes({}, start, 1).rebuild);
    change_often(store);
    const storage::SqlRows counted = schema->run("select count(*) from @S.changes");
    check_trimmed(store, start, std::stoll(counted.rows.at(0).at(0).value()));
}

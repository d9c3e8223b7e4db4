// The Postgres half needs a server: RAG_TEST_POSTGRES, from scripts/postgres-for-tests.
#include "storage/postgres_sessions.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_sessions.hpp"
#include "support/own_schema.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace rag;
using namespace rag::storage;

constexpr std::chrono::hours month{24 * 30};

Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

/// What every table promises, whatever it stands in.
void check_promises(EndedSessionTable& table, EndedSessionTable& elsewhere) {
    const CallContext context;
    CHECK_FALSE(table.contains(context, "first"));
    table.add(context, "first", now() + month);
    table.add(context, "first", now() + month);
    CHECK(table.contains(context, "first"));
    CHECK(elsewhere.contains(context, "first"));
    CHECK_FALSE(elsewhere.contains(context, "second"));
    table.add(context, "past", now() - std::chrono::seconds(1));
    elsewhere.add(context, "second", now() + month);
    CHECK_FALSE(table.contains(context, "past"));
    CHECK(table.contains(context, "first"));
}

}  // namespace

TEST_CASE("sqlite: an ended session is known to all processes until its time is over") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    SqliteEndedSessions here(std::make_shared<SqliteDatabase>(path, SqliteOptions{}));
    SqliteEndedSessions there(std::make_shared<SqliteDatabase>(path, SqliteOptions{}));
    check_promises(here, there);
}

TEST_CASE("postgres: an ended session is known to all processes until its time is over") {
    const test::OwnSchema schema;
    PostgresPool pool(schema.options());
    PostgresPool other(schema.options());
    const PostgresStore store({}, pool);
    PostgresEndedSessions here(pool);
    PostgresEndedSessions there(other);
    check_promises(here, there);
}

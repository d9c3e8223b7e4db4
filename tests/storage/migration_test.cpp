// The schema's versions: what is pending is told, and what is newer than the program is left alone.
#include "storage/kinds.hpp"
#include "storage/postgres_migration.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_database.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace rag;
using namespace rag::storage;

namespace {

std::string sentence_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::conflict);
        return error.message();
    }
    return "";
}

const std::string newer = "has schema version 9999, this program knows versions up to ";

}  // namespace

TEST_CASE("migration: a plan for Postgres lists what is pending and changes nothing") {
    const test::OwnSchema schema;
    PostgresPool pool(schema.options());
    MigrationPlan plan = plan_postgres_migration({}, pool);
    CHECK(plan.schema_version == 0);
    REQUIRE(plan.steps.size() >= 2);
    CHECK(plan.steps[0] == MigrationStep{1, "initial"});
    const auto last = plan.steps.back().version;
    CHECK(schema.run("select from pg_namespace where nspname = '" + schema.name() + "'").empty());

    const PostgresStore store({}, pool);
    plan = plan_postgres_migration({}, pool);
    CHECK(plan.schema_version == last);
    CHECK(plan.steps.empty());
    schema.run("delete from @S.schema_migrations where version = " + std::to_string(last));
    plan = plan_postgres_migration({}, pool);
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].version == last);
}

TEST_CASE("migration: a newer schema in Postgres is refused with a sentence") {
    const test::OwnSchema schema;
    PostgresPool pool(schema.options());
    {
        const PostgresStore store({}, pool);
    }
    schema.run("insert into @S.schema_migrations (version) values (9999)");
    CHECK(sentence_of([&] { const PostgresStore store({}, pool); }).find(newer) !=
          std::string::npos);
    CHECK(sentence_of([&] { plan_postgres_migration({}, pool); }).find(newer) != std::string::npos);
}

TEST_CASE("migration: a plan for SQLite lists what is pending and makes no file") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    MigrationPlan plan = plan_sqlite_migration(path);
    CHECK(plan.schema_version == 0);
    CHECK(static_cast<std::int64_t>(plan.steps.size()) == sqlite_schema_version());
    CHECK(plan.steps.at(0) == MigrationStep{1, "initial"});
    CHECK_FALSE(std::filesystem::exists(path));

    {
        const SqliteDatabase database(path, {});
    }
    plan = plan_sqlite_migration(path);
    CHECK(plan.schema_version == sqlite_schema_version());
    CHECK(plan.steps.empty());
}

TEST_CASE("migration: a newer or foreign SQLite file is refused with a sentence") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    {
        const SqliteDatabase database(path, {});
    }
    {
        Connection connection(path, Connection::Use::write);
        connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', 0)");
    }
    CHECK(sentence_of([&] { const SqliteDatabase database(path, {}); }).find(newer) !=
          std::string::npos);
    CHECK(sentence_of([&] { plan_sqlite_migration(path); }).find(newer) != std::string::npos);
    const std::string foreign = dir.file("foreign.db");
    {
        Connection connection(foreign, Connection::Use::write);
        connection.execute("CREATE TABLE notes (text TEXT)");
    }
    CHECK(sentence_of([&] { plan_sqlite_migration(foreign); }).find("another program") !=
          std::string::npos);
}

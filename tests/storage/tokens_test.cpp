// The Postgres half needs a server: RAG_TEST_POSTGRES, from scripts/postgres-for-tests.
#include "rag/error.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_tokens.hpp"
#include "storage/sqlite_tokens.hpp"
#include "support/own_schema.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace rag;
using namespace rag::storage;

/// What every table promises, whatever it stands in.
void check_promises(TokenTable& table, TokenTable& elsewhere) {
    const CallContext context;
    CHECK(table.list(context).empty());
    CHECK_FALSE(table.find(context, "11aa"));
    table.add(context, {"writer-a", Role::writer, {"notes", "O'Brien, \"x\""}, "11aa", {}});
    table.add(context, {"Admin", Role::admin, {}, "22bb", {}});

    const auto found = elsewhere.find(context, "11aa");
    REQUIRE(found);
    CHECK(found->name == "writer-a");
    CHECK(found->role == Role::writer);
    CHECK(found->collections == std::vector<std::string>{"notes", "O'Brien, \"x\""});
    CHECK(found->secret_hash == "11aa");
    CHECK(found->created_at.time_since_epoch().count() > 0);

    const auto throws_conflict = [&](const StoredToken& token) {
        try {
            elsewhere.add(context, token);
        } catch (const Error& error) {
            return error.code() == ErrorCode::conflict;
        }
        return false;
    };
    CHECK(throws_conflict({"Admin", Role::reader, {}, "33cc", {}}));
    CHECK_FALSE(table.find(context, "33cc"));

    const auto all = elsewhere.list(context);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "Admin");
    CHECK(all[0].collections.empty());
    CHECK(all[1].name == "writer-a");

    CHECK(elsewhere.remove(context, "writer-a"));
    CHECK_FALSE(table.remove(context, "writer-a"));
    CHECK_FALSE(table.find(context, "11aa"));
    CHECK(table.find(context, "22bb"));
}

void check_bound(TokenTable& table) {
    const CallContext context;
    for (std::size_t i = table.list(context).size(); i < TokenTable::tokens_max; ++i) {
        const std::string number = std::to_string(i);
        table.add(context, {"t" + number, Role::reader, {}, "hash" + number, {}});
    }
    CHECK_THROWS_AS(table.add(context, {"one-more", Role::reader, {}, "ff", {}}), Error);
    CHECK_FALSE(table.find(context, "ff"));
}

}  // namespace

TEST_CASE("sqlite: a token is known to all processes until it is revoked") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    SqliteTokens here(std::make_shared<SqliteDatabase>(path, SqliteOptions{}));
    SqliteTokens there(std::make_shared<SqliteDatabase>(path, SqliteOptions{}));
    check_promises(here, there);
    check_bound(here);
}

TEST_CASE("postgres: a token is known to all processes until it is revoked") {
    const test::OwnSchema schema;
    PostgresPool pool(schema.options());
    PostgresPool other(schema.options());
    const PostgresStore store({}, pool);
    PostgresTokens here(pool);
    PostgresTokens there(other);
    check_promises(here, there);
}

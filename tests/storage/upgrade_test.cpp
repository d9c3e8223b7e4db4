// A store of every earlier schema opens with what it held, and is written to as one of today.

#include "rag/error.hpp"
#include "storage/kinds.hpp"
#include "storage/migrate.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_store.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace rag::embedded {
extern const Files postgres_schema;
extern const Files sqlite_schema;
}  // namespace rag::embedded

using namespace rag;
using namespace rag::storage;

namespace {

/// A collection with a document that has a former version, a chunk with its vector and words, and a
/// job that waits; in the columns of the first schema, which later ones never lose.
constexpr const char* sqlite_rows = R"(
    INSERT INTO embedding_spaces (model, dimensions) VALUES ('test/four', 4);
    INSERT INTO collections (name, description, space_id, created_at) VALUES ('old', 'd', 1, 1000);
    INSERT INTO source_documents (filename, file_type, file_size, metadata, content_hash, version,
        created_at, updated_at, content_at, content)
        VALUES ('boat.txt', 'txt', 13, '{"kind":"note"}', 'hash-2', 2, 1000, 2000, 2000,
                'An old boat. ');
    INSERT INTO document_versions VALUES (1, 1, 'boat.txt', 'hash-1', 11, '{}', 1000,
        'A new boat.');
    INSERT INTO collection_documents VALUES (1, 1, 'file:boat.txt');
    INSERT INTO document_chunks (document_id, chunk_index, char_start, char_end, text_key,
        heading_path, metadata, content) VALUES (1, 0, 0, 12, 7, '', '{}', 'An old boat.');
    INSERT INTO words (rowid, terms) VALUES (1, 'an old boat');
    INSERT INTO vectors (chunk_id, space_id, scale, codes) VALUES (1, 1, 0.0078740157, X'7F000000');
    INSERT INTO jobs (id, kind, principal, join_key, request, progress, result, error, state,
        stop_requested, lease_owner, lease_until, created_at, updated_at)
        VALUES ('waits', 'ingest_text', 'p', 'k', '{}', 'null', 'null', '', 'queued', 0, '', 0,
                1000, 1000);)";

constexpr const char* postgres_rows = R"(
    insert into @S.embedding_spaces (model, dimensions) values ('test/four', 4);
    insert into @S.collections (name, description, model, dimensions)
        values ('old', 'd', 'test/four', 4);
    insert into @S.source_documents (filename, file_type, file_size, metadata, content_hash,
        version, content)
        values ('boat.txt', 'txt', 13, '{"kind":"note"}', 'hash-2', 2, 'An old boat. ');
    insert into @S.document_versions values (1, 1, 'boat.txt', 'A new boat.', 11, '{}', 'hash-1',
        now());
    insert into @S.collection_documents values (1, 1, 'file:boat.txt');
    insert into @S.document_chunks (document_id, chunk_index, char_start, char_end, text_key,
        heading_path, metadata, content, words)
        values (1, 0, 0, 12, 7, '', '{}', 'An old boat.', '''boat'':3');
    insert into @S.chunk_vectors values (1, 1, '[1,0,0,0]');
    insert into @S.jobs (id, kind, principal, join_key, request)
        values ('waits', 'ingest_text', 'p', 'k', '{}');)";

void check_upgraded(Store& store, SearchIndex& index) {
    const CallContext context;
    const std::optional<Collection> collection = store.find_collection(context, "old");
    REQUIRE(collection);
    CHECK(collection->space == contract::test_space());
    const std::optional<Document> document = store.get_document(context, 1);
    REQUIRE(document);
    CHECK(document->content == "An old boat. ");
    CHECK(document->metadata["kind"] == "note");
    CHECK(store.list_versions(context, 1).size() == 2);
    REQUIRE(store.get_chunks(context, 1).size() == 1);
    REQUIRE(store.find_job(context, "waits"));
    CHECK(store.find_job(context, "waits")->state == JobState::queued);

    const SearchScope scope{{collection->id}, {}};
    WordQuery boat;
    boat.terms = {{"boat"}};
    CHECK(index.best_words(context, scope, boat, 5).hits.size() == 1);
    const Vector axis = {1, 0, 0, 0};
    const Candidates near = index.nearest(context, scope, contract::test_space(), axis, 5);
    REQUIRE(near.size() == 1);
    CHECK(near[0].score == doctest::Approx(1).epsilon(0.01));

    const DocumentAdded added =
        store.add_document(context, contract::make_document(collection->id, "A second boat."));
    CHECK(added.id == 2);
    store.update_document(context, 1, contract::make_change("A mended boat."));
    CHECK(store.list_versions(context, 1).size() == 3);
    CHECK(index.count(context, scope) == 2);
    CHECK(store.delete_document(context, 1));
}

}  // namespace

TEST_CASE("upgrade: a SQLite memory of every earlier schema opens with what it held") {
    const std::vector<Migration> steps = read_migrations(embedded::sqlite_schema);
    REQUIRE(steps.size() >= 2);
    for (std::size_t count = 1; count < steps.size(); ++count) {
        CAPTURE(count);
        const test::TempDir dir;
        const std::string path = dir.file("memory.db");
        {
            // What today's program makes of a new file, undone but for its marks.
            const SqliteDatabase database(dir.file("today.db"), {});
            const std::ofstream empty(path);
            Connection connection(path, Connection::Use::write);
            connection.execute("ATTACH '" + dir.file("today.db") + "' AS today");
            Statement id = connection.prepare("PRAGMA today.application_id");
            REQUIRE(id.step());
            connection.execute("PRAGMA application_id = " + std::to_string(id.integer(0)));
            connection.execute(
                "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                "applied_at INTEGER NOT NULL) STRICT");
            for (std::size_t i = 0; i < count; ++i) {
                connection.execute(std::string(steps[i].sql));
                connection.execute("INSERT INTO schema_migrations VALUES (" +
                                   std::to_string(steps[i].version) + ", 'step', 0)");
            }
            connection.execute("INSERT INTO meta VALUES ('epoch', 'of old')");
            connection.execute(sqlite_rows);
        }
        const auto database = std::make_shared<SqliteDatabase>(path, SqliteOptions{});
        SqliteStore store(database);
        SqliteSearch search(database);
        check_upgraded(store, search);
        CHECK(plan_sqlite_migration(path).steps.empty());
    }
}

TEST_CASE("upgrade: a Postgres memory of every earlier schema opens with what it held") {
    const std::vector<Migration> steps = read_migrations(embedded::postgres_schema);
    REQUIRE(steps.size() >= 2);
    for (std::size_t count = 1; count < steps.size(); ++count) {
        CAPTURE(count);
        const test::OwnSchema schema;
        {
            PostgresPool pool(schema.options());
            pool.transact({}, [&](PostgresTransaction& transaction) {
                transaction.run_script(
                    "create schema " + schema.name() +
                    "; create table @S.schema_migrations (version bigint primary key, applied_at "
                    "timestamptz(3) not null default clock_timestamp())");
                for (std::size_t i = 0; i < count; ++i) {
                    transaction.run_script(std::string(steps[i].sql));
                    transaction.run("insert into @S.schema_migrations values ($1::bigint)",
                                    {std::to_string(steps[i].version)});
                }
                transaction.run_script(postgres_rows);
            });
        }
        PostgresPool pool(schema.options());
        PostgresStore store({}, pool);
        PostgresSearch search(pool);
        check_upgraded(store, search);
    }
}

// Needs a server of its own: RAG_TEST_POSTGRES, from scripts/postgres-for-tests. Each test works in
// a schema of its own.
#include "base/hash.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_store.hpp"
#include "support/own_schema.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <thread>

using namespace rag;
using namespace rag::storage;

namespace {

struct Database {
    CollectionId add_collection(const std::string& name) {
        return store.create_collection({}, {name, "For tests", {"test", 3}}).id;
    }

    NewDocument document(CollectionId collection, const std::string& content) const {
        NewDocument document;
        document.collection = collection;
        document.identity = "text:" + content;
        document.filename = "note";
        document.content = content;
        document.file_type = "text";
        document.content_hash = sha256_hex(content);
        NewChunk chunk;
        chunk.content = content;
        chunk.embedding = {1, 0, 0};
        document.chunks = {chunk};
        return document;
    }

    const test::OwnSchema schema;
    PostgresPool pool{schema.options()};
    PostgresStore store{{}, pool};
    PostgresSearch search{pool};
};

void wait_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
        REQUIRE(std::chrono::steady_clock::now() < end);
        std::this_thread::yield();
    }
}

std::string process_of(PostgresTransaction& transaction) {
    return transaction.run("select pg_backend_pid()").rows.at(0).at(0).value();
}

/// Ends a connection on the server's side; returns when it is gone.
void end_process(const std::string& process) {
    PostgresConnection killer(test::server_address(), Pooler::off);
    const auto count = [&](const std::string& of_each) {
        killer.begin();
        const SqlRows rows =
            killer.run("select " + of_each + " from pg_stat_activity where pid = " + process);
        killer.commit();
        return rows.rows.size();
    };
    REQUIRE(count("pg_terminate_backend(pid)") == 1);
    wait_until([&] { return count("pid") == 0; });
}

}  // namespace

TEST_CASE("postgres: a server that lets nobody in is quoted, one that is not there is not") {
    const test::OwnSchema schema;
    PostgresOptions options = schema.options();
    options.address += (options.address.find('?') == std::string::npos ? "?" : "&");
    options.address += "dbname=no_such_database";
    PostgresPool refused(options);
    CHECK_THROWS_WITH(refused.run({}, "select 1"),
                      doctest::Contains("database \"no_such_database\" does not exist"));
    options.address = "postgresql://127.0.0.1:1/rag";
    PostgresPool absent(options);
    CHECK_THROWS_WITH(absent.run({}, "select 1"), doctest::Contains("does not answer."));
}

TEST_CASE("postgres: a document comes back as it was stored") {
    Database db;
    const CollectionId collection = db.add_collection("c");
    NewDocument given = db.document(collection, "It's a \\ 'quoted' caf\u00e9");
    given.metadata = {{"team", "db"}, {"n", 1.5}};
    const DocumentAdded added = db.store.add_document({}, given);
    CHECK(added.added);
    REQUIRE(added.chunk_ids.size() == 1);
    const auto stored = db.store.get_document({}, added.id, std::nullopt);
    REQUIRE(stored);
    CHECK(stored->content == given.content);
    CHECK(stored->metadata == given.metadata);
    CHECK(stored->identity == given.identity);
    CHECK(stored->collections == std::vector<std::string>{"c"});
    CHECK(db.store.get_chunks({}, added.id, 0, 100).at(0).content == given.content);
    CHECK_THROWS_AS(db.add_collection("c"), Error);
    CHECK(db.store.status({}).document_count == 1);
}

TEST_CASE("postgres: a change of content keeps the old version") {
    Database db;
    const CollectionId collection = db.add_collection("c");
    const DocumentId id = db.store.add_document({}, db.document(collection, "one")).id;
    DocumentUpdate update;
    update.content = ContentChange{"two", 3, sha256_hex("two")};
    update.chunks = db.document(collection, "two").chunks;
    update.metadata = Metadata{{"k", "v"}};
    CHECK(db.store.update_document({}, id, update).version == 2);
    CHECK_FALSE(db.store.update_document({}, id, update).changed);
    CHECK(db.store.list_versions({}, id).size() == 2);
    CHECK(db.store.get_document({}, id, 1)->content == "one");
    CHECK(db.store.get_document({}, id, std::nullopt)->content == "two");
    update.expected_version = 1;
    CHECK_THROWS_AS(db.store.update_document({}, id, update), Error);
    CHECK(db.store.delete_document({}, id)->chunks_deleted == 1);
    CHECK_FALSE(db.store.delete_document({}, id));
}

TEST_CASE("postgres: two stores that add one identity at once store it once") {
    Database db;
    const CollectionId collection = db.add_collection("c");
    PostgresPool other_pool(db.schema.options());
    PostgresStore other({}, other_pool);
    for (int round = 0; round < 10; ++round) {
        const NewDocument document = db.document(collection, "same " + std::to_string(round));
        DocumentAdded first;
        DocumentAdded second;
        {
            const std::jthread thread([&] { first = db.store.add_document({}, document); });
            second = other.add_document({}, document);
        }
        CHECK(first.added != second.added);
        CHECK(first.id == second.id);
    }
}

TEST_CASE("postgres: a transaction that commits late is not skipped by the feed") {
    Database db;
    const CollectionId collection = db.add_collection("c");
    PostgresConnection slow(test::server_address(), Pooler::off);
    slow.begin();
    slow.run("insert into " + db.schema.name() +
             ".changes (op, collection_id, document_id) values ('1', 1, 4711)");
    db.store.add_document({}, db.document(collection, "quick"));
    FeedPosition position = db.store.feed_end({});
    CHECK(db.store.read_changes({}, position, 100).changes.empty());
    slow.commit();
    std::vector<DocumentId> seen;
    wait_until([&] {
        const ChangeBatch batch = db.store.read_changes({}, position, 1);
        REQUIRE_FALSE(batch.rebuild);
        for (const Change& change : batch.changes) {
            seen.push_back(change.document);
        }
        position = batch.next;
        return seen.size() >= 2;
    });
    CHECK(seen.at(0) == 4711);
    position.epoch = "another";
    CHECK(db.store.read_changes({}, position, 1).rebuild);
}

TEST_CASE("postgres: a killed connection is replaced within the call") {
    Database db;
    db.add_collection("c");
    std::string process;
    db.pool.read({}, [&](PostgresTransaction& transaction) { process = process_of(transaction); });
    end_process(process);
    CHECK(db.store.list_collections({}).size() == 1);
}

TEST_CASE("postgres: a connection lost at its end costs a read a repetition, and a write a doubt") {
    Database db;
    int tries = 0;
    const auto lose_first = [&](PostgresTransaction& transaction) {
        const std::string process = process_of(transaction);
        if (++tries == 1) {
            end_process(process);
        }
    };
    db.pool.read({}, lose_first);
    CHECK(tries == 2);
    tries = 0;
    CHECK_THROWS_WITH_AS(db.pool.transact({}, lose_first),
                         doctest::Contains("look whether it is there"), Error);
    CHECK(tries == 1);
    CHECK_THROWS_AS(db.pool.read({}, "create table @S.written (id bigint)"), Error);
}

TEST_CASE("postgres: search agrees with the filter's definition and counts in full") {
    Database db;
    const CollectionId collection = db.add_collection("c");
    const std::vector<nlohmann::json> all = {{{"a", 1}},
                                             {{"a", "x"}},
                                             {{"a", {"x", "y"}}},
                                             {{"a", nullptr}},
                                             {{"b", {{"c", {1, 2}}}}},
                                             {{"a", 2.5}},
                                             nlohmann::json::object()};
    for (std::size_t i = 0; i < all.size(); ++i) {
        NewDocument document = db.document(collection, "rotated keys " + std::to_string(i));
        document.metadata = all[i];
        db.store.add_document({}, document);
    }
    const std::vector<float> query{1, 0, 0};
    for (const char* text :
         {R"({})", R"({"a":1})", R"({"a":"x"})", R"({"a":["x"]})", R"({"a":null})",
          R"({"b":{"c":1}})", R"({"a":{"$ne":"x"}})", R"({"a":{"$in":["x",1]}})",
          R"({"a":{"$gt":1}})", R"({"a":{"$gte":"a"}})", R"({"a":{"$exists":false}})"}) {
        CAPTURE(text);
        const MetadataFilter filter = parse_metadata_filter(nlohmann::json::parse(text));
        const auto expected = static_cast<std::size_t>(std::count_if(
            all.begin(), all.end(),
            [&](const nlohmann::json& metadata) { return matches(filter, metadata); }));
        const SearchScope scope{{collection}, filter};
        CHECK(db.search.nearest({}, scope, {"test", 3}, query, 100).size() == expected);
        const WordQuery words = text::parse_word_query("rotate the keys");
        CHECK(db.search.best_words({}, scope, words, 100).hits.size() == expected);
        CHECK(db.search.count({}, scope) == static_cast<std::int64_t>(expected));
        CHECK(db.store.list_documents({}, {std::nullopt, filter, 50, 0}).total_count ==
              static_cast<std::int64_t>(expected));
    }
}

TEST_CASE("postgres: a job is joined, leased by one owner and ended") {
    Database db;
    const NewJob job{"id-1", "ingest_url", "local", "key", {{"url", "x"}}};
    CHECK(db.store.create_job({}, job).created);
    CHECK_FALSE(db.store.create_job({}, {"id-2", "ingest_url", "local", "key", {}}).created);
    CHECK(db.store.lease_job({}, "id-1", "one", std::chrono::minutes(1)));
    CHECK_FALSE(db.store.lease_job({}, "id-1", "two", std::chrono::minutes(1)));
    CHECK(db.store.request_job_stop({}, "id-1"));
    CHECK(db.store.save_job_progress({}, "id-1", "one", {{"n", 1}}) == JobSignal::stop);
    db.store.finish_job({}, "id-1", {JobState::cancelled, nullptr, ""});
    CHECK(db.store.find_job({}, "id-1")->state == JobState::cancelled);
    CHECK(db.store.create_job({}, {"id-3", "ingest_url", "local", "key", {}}).created);
}

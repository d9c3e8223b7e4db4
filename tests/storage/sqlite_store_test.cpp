#include "storage/sqlite_store.hpp"
#include "base/hash.hpp"
#include "rag/error.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_search.hpp"
#include "support/temp_dir.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

namespace {

using namespace rag;

const CallContext context;
const EmbeddingSpace space{"test/four", 4};

NewDocument make_document(CollectionId collection, const std::string& text,
                          const std::string& identity, const Vector& vector = {1, 0, 0, 0}) {
    NewDocument document;
    document.collection = collection;
    document.identity = identity;
    document.filename = "Notes";
    document.content = text;
    document.file_type = "text";
    document.file_size = static_cast<std::int64_t>(text.size());
    document.content_hash = sha256_hex(text);
    document.chunks.push_back({text, 0, static_cast<std::int64_t>(text.size()), "", {}, vector});
    document.chunks.back().metadata = Metadata::object();
    return document;
}

struct Opened {
    test::TempDir dir;
    std::shared_ptr<storage::SqliteDatabase> database =
        std::make_shared<storage::SqliteDatabase>(dir.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store{database};
    storage::SqliteSearch search{database};
    CollectionId collection = store.create_collection(context, {"notes", "Notes", space}).id;
};

}  // namespace

TEST_CASE("sqlite: a new file is private to its user") {
    const Opened opened;
    struct stat status{};
    REQUIRE(stat(opened.dir.file("memory.db").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("sqlite: a document is found by its words and by its vector, and gone when deleted") {
    Opened opened;
    const auto first =
        opened.store.add_document(context, make_document(opened.collection, "rotated keys", "a"));
    const auto second = opened.store.add_document(
        context, make_document(opened.collection, "green apples", "b", {0, 1, 0, 0}));
    REQUIRE(first.added);
    const SearchScope scope{{opened.collection}, {}};
    const Vector query{0.8F, 0.6F, 0, 0};
    const auto near = opened.search.nearest(context, scope, space, query, 10);
    REQUIRE(near.size() == 2);
    CHECK(near[0].chunk == first.chunk_ids[0]);
    CHECK(near[0].score == doctest::Approx(0.8).epsilon(0.002));
    CHECK(near[1].score == doctest::Approx(0.6).epsilon(0.002));
    const auto words =
        opened.search.best_words(context, scope, text::parse_word_query("an apple?"), 10);
    REQUIRE(words.hits.size() == 1);
    CHECK(words.hits[0].chunk == second.chunk_ids[0]);
    CHECK(words.hits[0].score > 0);
    CHECK(words.hits[0].text_key != 0);
    REQUIRE(opened.store.delete_document(context, second.id).has_value());
    CHECK(opened.search.count(context, scope) == 1);
    CHECK(
        opened.search.best_words(context, scope, text::parse_word_query("apple"), 10).hits.empty());
    CHECK(opened.search.nearest(context, scope, space, query, 10).size() == 1);
}

TEST_CASE("sqlite: the same identity is stored once, and new content makes a version") {
    Opened opened;
    const auto added =
        opened.store.add_document(context, make_document(opened.collection, "one", "a"));
    const auto again =
        opened.store.add_document(context, make_document(opened.collection, "one", "a"));
    CHECK_FALSE(again.added);
    CHECK(again.id == added.id);
    DocumentUpdate update;
    update.content = ContentChange{"two", 3, sha256_hex("two")};
    update.chunks = make_document(opened.collection, "two", "a").chunks;
    const auto updated = opened.store.update_document(context, added.id, update);
    CHECK(updated.changed);
    CHECK(updated.version == 2);
    CHECK(opened.store.get_document(context, added.id)->content == "two");
    CHECK(opened.store.get_document(context, added.id, 1)->content == "one");
    CHECK(opened.store.list_versions(context, added.id).size() == 2);
    CHECK_FALSE(opened.store.update_document(context, added.id, update).changed);
}

TEST_CASE("sqlite: an update of metadata is seen by filters on chunks") {
    Opened opened;
    const auto added =
        opened.store.add_document(context, make_document(opened.collection, "one", "a"));
    DocumentUpdate update;
    update.metadata = Metadata{{"team", "db"}};
    CHECK(opened.store.update_document(context, added.id, update).changed);
    const SearchScope inside{{opened.collection}, parse_metadata_filter({{"team", "db"}})};
    const SearchScope outside{{opened.collection}, parse_metadata_filter({{"team", "ui"}})};
    CHECK(opened.search.count(context, inside) == 1);
    CHECK(opened.search.count(context, outside) == 0);
}

TEST_CASE("sqlite: writes from many threads share commits and lose nothing") {
    Opened opened;
    std::atomic<int> failures = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 25; ++i) {
                try {
                    const std::string name = std::to_string(t) + "-" + std::to_string(i);
                    opened.store.add_document(context,
                                              make_document(opened.collection, name, name));
                } catch (const std::exception&) {
                    ++failures;
                }
            }
        });
    }
    threads.clear();
    CHECK(failures == 0);
    CHECK(opened.store.list_documents(context, {}).total_count == 200);
    const auto changes =
        opened.store.read_changes(context, {opened.store.feed_end(context).epoch, 0}, 1000);
    CHECK(changes.changes.size() == 201);
}

TEST_CASE("sqlite: a write that fails undoes itself alone") {
    Opened opened;
    CHECK_THROWS_AS(opened.store.add_document(context, make_document(999, "x", "x")), Error);
    CHECK_THROWS_AS(opened.store.create_collection(context, {"notes", "again", space}), Error);
    CHECK(opened.store.status(context).document_count == 0);
}

TEST_CASE("sqlite: a job is joined, leased, taken over and finished") {
    Opened opened;
    const NewJob job{"id-1", "ingest_url", "local", "key", {{"url", "x"}}};
    CHECK(opened.store.create_job(context, job).created);
    CHECK_FALSE(opened.store.create_job(context, {"id-2", "k", "p", "key", nullptr}).created);
    CHECK(opened.store.lease_job(context, "id-1", "a", std::chrono::minutes(1)));
    CHECK_FALSE(opened.store.lease_job(context, "id-1", "b", std::chrono::minutes(1)));
    CHECK(opened.store.save_job_progress(context, "id-1", "a", 5) == JobSignal::go_on);
    CHECK(opened.store.save_job_progress(context, "id-1", "b", 6) == JobSignal::lost_lease);
    CHECK(opened.store.request_job_stop(context, "id-1"));
    CHECK(opened.store.save_job_progress(context, "id-1", "a", 7) == JobSignal::stop);
    opened.store.finish_job(context, "id-1", {JobState::cancelled, nullptr, ""});
    CHECK(opened.store.find_job(context, "id-1")->state == JobState::cancelled);
}

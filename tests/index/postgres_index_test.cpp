// Needs a server of its own: RAG_TEST_POSTGRES, from scripts/postgres-for-tests.
#include "base/hash.hpp"
#include "index/indexed_store.hpp"
#include "index/local_index.hpp"
#include "storage/postgres_index_source.hpp"
#include "storage/postgres_search.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

namespace rag::index_test {
namespace {

using namespace std::chrono_literals;
using namespace rag::storage;

const CallContext context;
const EmbeddingSpace space{"test/three", 3};

PostgresOptions make_options(const std::string& schema) {
    const char* address = std::getenv("RAG_TEST_POSTGRES");
    if (address == nullptr || *address == '\0') {
        FAIL(
            "RAG_TEST_POSTGRES is not set; run: "
            "export RAG_TEST_POSTGRES=$(scripts/postgres-for-tests)");
    }
    PostgresOptions options;
    options.address = address;
    options.schema = schema;
    return options;
}

/// A schema that is there while the object lives.
struct Schema {
    explicit Schema(std::string name_) : name(std::move(name_)) { drop(); }
    ~Schema() { drop(); }
    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;

    void drop() const {
        PostgresConnection connection(make_options(name).address, Pooler::off);
        connection.begin();
        connection.run_script("drop schema if exists " + name + " cascade");
        connection.commit();
    }

    std::string name;
};

/// What one process has open.
struct Server {
    explicit Server(const Schema& schema) : pool(make_options(schema.name)) {
        index.start();
        CallContext soon;
        soon.deadline = std::chrono::steady_clock::now() + 20s;
        REQUIRE(index.wait_until_ready(soon));
    }

    CollectionId collection() {
        const auto known = store.find_collection(context, "notes");
        return known ? known->id : store.create_collection(context, {"notes", "Notes", space}).id;
    }

    DocumentAdded add(const std::string& name, const std::string& text,
                      const Vector& vector = {0.6F, 0.8F, 0}) {
        NewDocument document;
        document.collection = collection();
        document.identity = name;
        document.filename = name;
        document.content = text;
        document.file_type = "text";
        document.metadata = {{"name", name}};
        document.content_hash = sha256_hex(text);
        NewChunk chunk;
        chunk.content = text;
        chunk.char_end = static_cast<std::int64_t>(text.size());
        chunk.heading_path = "Guide > " + name;
        chunk.metadata = {{"page", 7}};
        chunk.embedding = vector;
        document.chunks.push_back(chunk);
        return store.add_document(context, document);
    }

    std::size_t find(const std::string& words) {
        return index.best_words(context, {{collection()}, {}}, text::parse_word_query(words), 10)
            .hits.size();
    }

    PostgresPool pool;
    PostgresStore plain{context, pool};
    PostgresSearch search{pool};
    PostgresIndexSource source{pool, plain};
    index::LocalIndex index{source, search, {}};
    index::IndexedStore store{plain, index};
};

bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

}  // namespace

TEST_CASE("postgres index: own writes are found at once, even beside an older open transaction") {
    const Schema schema("test_index_own");
    Server server(schema);
    (void)server.collection();
    PostgresConnection older(make_options(schema.name).address, Pooler::off);
    older.begin();
    older.run("select pg_current_xact_id()");
    const auto added = server.add("A", "a zebra runs");
    CHECK(server.find("zebra") == 1);
    server.store.delete_document(context, added.id);
    CHECK(server.find("zebra") == 0);
    older.abandon();
}

TEST_CASE("postgres index: servers find each other's writes and deletes within a second") {
    const Schema schema("test_index_others");
    Server one(schema);
    Server two(schema);
    const auto first = one.add("A", "an okapi");
    CHECK(becomes_true([&] { return two.find("okapi") == 1; }, 1000ms));
    one.store.delete_document(context, first.id);
    two.add("B", "a quokka");
    CHECK(becomes_true([&] { return two.find("okapi") == 0; }, 1000ms));
    CHECK(becomes_true([&] { return one.find("quokka") == 1; }, 1000ms));
}

TEST_CASE("postgres index: what an older transaction commits late is not skipped") {
    const Schema schema("test_index_late");
    Server server(schema);
    (void)server.collection();
    const auto changed = server.add("A", "a heron");
    CHECK(server.find("heron") == 1);
    PostgresConnection slow(make_options(schema.name).address, Pooler::off);
    slow.begin();
    slow.run("update " + schema.name + ".document_chunks set content = 'an egret'");
    slow.run("insert into " + schema.name +
                 ".changes (op, collection_id, document_id) values ($1, $2::bigint, $3::bigint)",
             {std::to_string(static_cast<int>(ChangeKind::document_changed)),
              std::to_string(server.collection()), std::to_string(changed.id)});
    server.add("B", "a newer bittern");
    server.index.catch_up(context);
    CHECK(server.find("egret") == 0);
    slow.commit();
    CHECK(becomes_true([&] { return server.find("egret") == 1; }, 1000ms));
    CHECK(server.find("heron") == 0);
    CHECK(server.find("bittern") == 1);
}

TEST_CASE("postgres index: gives what the database itself gives") {
    const Schema schema("test_index_same");
    std::vector<ChunkId> ids;
    {
        Server writer(schema);
        for (int i = 0; i < 60; ++i) {
            const float x = static_cast<float>(i) / 60.0F;
            ids.push_back(writer
                              .add("D" + std::to_string(i), "text " + std::to_string(i) + "é",
                                   {x, std::sqrt(1 - x * x), 0})
                              .chunk_ids.front());
        }
    }
    Server server(schema);
    const SearchScope scope{{server.collection()}, {}};
    const Vector query{0, 1, 0};
    const auto ours = server.index.nearest(context, scope, space, query, 20);
    const auto theirs = server.search.nearest(context, scope, space, query, 20);
    REQUIRE(ours.size() == theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        CHECK(ours[i].score == doctest::Approx(theirs[i].score).epsilon(0.02));
    }
    const auto mine = server.index.load(context, ids);
    const auto stored = server.search.load(context, ids);
    REQUIRE(mine.size() == stored.size());
    for (std::size_t i = 0; i < mine.size(); ++i) {
        CHECK(mine[i].chunk.id == stored[i].chunk.id);
        CHECK(mine[i].chunk.content == stored[i].chunk.content);
        CHECK(mine[i].chunk.char_end == stored[i].chunk.char_end);
        CHECK(mine[i].chunk.heading_path == stored[i].chunk.heading_path);
        CHECK(mine[i].chunk.metadata == stored[i].chunk.metadata);
        CHECK(mine[i].document_metadata == stored[i].document_metadata);
    }
}

}  // namespace rag::index_test

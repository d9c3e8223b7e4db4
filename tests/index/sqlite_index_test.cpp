#include "base/hash.hpp"
#include "index/indexed_store.hpp"
#include "index/local_index.hpp"
#include "storage/sqlite_index_source.hpp"
#include "storage/sqlite_search.hpp"
#include "support/temp_dir.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace rag::index_test {
namespace {

using namespace std::chrono_literals;

const CallContext context;
const EmbeddingSpace space{"test/four", 4};

NewDocument make_document(CollectionId collection, const std::string& name, const std::string& text,
                          const Vector& vector = {1, 0, 0, 0}) {
    NewDocument document;
    document.collection = collection;
    document.identity = name;
    document.filename = name;
    document.content = text;
    document.file_type = "text";
    document.metadata = {{"name", name}};
    document.content_hash = sha256_hex(text);
    NewChunk chunk;
    chunk.content = text;
    chunk.char_end = static_cast<std::int64_t>(text.size());
    chunk.embedding = vector;
    document.chunks.push_back(chunk);
    return document;
}

/// What one process has open.
struct Server {
    explicit Server(const std::string& path)
        : database(std::make_shared<storage::SqliteDatabase>(path, storage::SqliteOptions{})) {
        index.start();
        CallContext soon;
        soon.deadline = std::chrono::steady_clock::now() + 20s;
        REQUIRE(index.wait_until_ready(soon));
    }

    CollectionId collection() {
        const auto known = store.find_collection(context, "notes");
        return known ? known->id : store.create_collection(context, {"notes", "Notes", space}).id;
    }

    Candidates find(const std::string& words) {
        return index.best_words(context, {{collection()}, {}}, text::parse_word_query(words), 10)
            .hits;
    }

    std::shared_ptr<storage::SqliteDatabase> database;
    storage::SqliteStore plain{database};
    storage::SqliteSearch search{database};
    storage::SqliteIndexSource source{database};
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

TEST_CASE("sqlite index: what is written is found by the next search, changed and deleted, too") {
    const test::TempDir dir;
    Server server(dir.file("memory.db"));
    const CollectionId collection = server.collection();
    CHECK(server.find("zebra").empty());
    const auto added =
        server.store.add_document(context, make_document(collection, "A", "a zebra runs"));
    REQUIRE(server.find("zebra").size() == 1);
    CHECK(server.find("zebra").front().chunk == added.chunk_ids.front());
    DocumentUpdate update;
    update.metadata = Metadata{{"colour", "striped"}};
    server.store.update_document(context, added.id, update);
    SearchScope scope{{collection}, parse_metadata_filter({{"colour", "striped"}})};
    CHECK(server.index.count(context, scope) == 1);
    server.store.delete_document(context, added.id);
    CHECK(server.find("zebra").empty());
    CHECK(server.index.load(context, added.chunk_ids).empty());
}

TEST_CASE("sqlite index: gives what the database itself gives") {
    const test::TempDir dir;
    Server server(dir.file("memory.db"));
    const CollectionId collection = server.collection();
    for (int i = 0; i < 200; ++i) {
        const float x = static_cast<float>(i) / 200.0F;
        const float y = std::sqrt(1 - x * x);
        server.store.add_document(
            context, make_document(collection, "D" + std::to_string(i),
                                   "text number " + std::to_string(i) + " of many", {x, y, 0, 0}));
    }
    const Vector query{0.6F, 0.8F, 0, 0};
    for (const char* filter : {"{}", R"({"name": {"$in": ["D7", "D120", "D121"]}})"}) {
        const SearchScope scope{{collection}, parse_metadata_filter(nlohmann::json::parse(filter))};
        const auto ours = server.index.nearest(context, scope, space, query, 30);
        const auto theirs = server.search.nearest(context, scope, space, query, 30);
        REQUIRE(ours.size() == theirs.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            CHECK(ours[i].score == doctest::Approx(theirs[i].score).epsilon(0.01));
            CHECK(ours[i].text_key != 0);
        }
        CHECK(server.index.count(context, scope) == server.search.count(context, scope));
    }
    const auto mine = server.index.load(context, std::vector<ChunkId>{5, 3});
    const auto stored = server.search.load(context, std::vector<ChunkId>{5, 3});
    REQUIRE(mine.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(mine[i].chunk.id == stored[i].chunk.id);
        CHECK(mine[i].chunk.content == stored[i].chunk.content);
        CHECK(mine[i].chunk.char_end == stored[i].chunk.char_end);
        CHECK(mine[i].document_metadata == stored[i].document_metadata);
        CHECK(mine[i].filename == stored[i].filename);
    }
}

TEST_CASE("sqlite index: another process's writes and deletes are found within a second") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    Server(path).collection();
    int to_child[2];
    REQUIRE(pipe(to_child) == 0);
    const pid_t child = fork();
    if (child == 0) {
        // Only plain functions of the store: the threads of this process are not in the child.
        char order = 0;
        const ssize_t got = read(to_child[0], &order, 1);
        storage::SqliteStore store(
            std::make_shared<storage::SqliteDatabase>(path, storage::SqliteOptions{}));
        const CollectionId collection = store.find_collection(context, "notes").value().id;
        const auto added = store.add_document(context, make_document(collection, "B", "an okapi"));
        store.add_document(context, make_document(collection, "C", "a quokka"));
        store.delete_document(context, added.id);
        _exit(got == 1 ? 0 : 1);
    }
    Server server(path);
    CHECK(server.find("quokka").empty());
    REQUIRE(write(to_child[1], "x", 1) == 1);
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(becomes_true([&] { return server.find("quokka").size() == 1; }, 1000ms));
    CHECK(server.find("okapi").empty());
    close(to_child[0]);
    close(to_child[1]);
}

TEST_CASE("sqlite index: without a search, too, the copy follows") {
    const test::TempDir dir;
    Server server(dir.file("memory.db"));
    server.plain.add_document(context, make_document(server.collection(), "E", "a numbat"));
    CHECK(becomes_true([&] { return server.index.status().chunk_count == 1; }, 2000ms));
}

TEST_CASE("sqlite index: readers, writers and merges at once see whole documents") {
    const test::TempDir dir;
    Server server(dir.file("memory.db"));
    const CollectionId collection = server.collection();
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&] {
            const SearchScope scope{{collection}, {}};
            const WordQuery query = text::parse_word_query("shared words");
            while (!stop) {
                const auto hits = server.index.best_words(context, scope, query, 20).hits;
                const auto near =
                    server.index.nearest(context, scope, space, Vector{1, 0, 0, 0}, 20);
                for (std::size_t i = 1; i < hits.size(); ++i) {
                    wrong += hits[i - 1].score < hits[i].score ? 1 : 0;
                }
                std::vector<ChunkId> ids;
                for (const Candidate& candidate : near) {
                    ids.push_back(candidate.chunk);
                }
                for (const Passage& passage : server.index.load(context, ids)) {
                    wrong += passage.filename.empty() ? 1 : 0;
                }
            }
        });
    }
    for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 60; ++i) {
                const std::string name = std::to_string(t) + "n" + std::to_string(i) + "x";
                const auto added = server.store.add_document(
                    context, make_document(collection, name, "shared words and " + name));
                wrong += server.find(name).size() == 1 ? 0 : 1;
                if (i % 3 == 0) {
                    server.store.delete_document(context, added.id);
                    wrong += server.find(name).empty() ? 0 : 1;
                }
            }
        });
    }
    threads[2].join();
    threads[3].join();
    stop = true;
    threads[0].join();
    threads[1].join();
    CHECK(wrong == 0);
    CHECK(server.index.count(context, {{collection}, {}}) == 80);
}

}  // namespace rag::index_test

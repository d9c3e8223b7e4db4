#include "base/hash.hpp"
#include "rag/error.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_store.hpp"
#include "support/temp_dir.hpp"
#include "text/words.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>

namespace {

using namespace rag;

const EmbeddingSpace space{"test/four", 4};

NewDocument make_document(CollectionId collection, const std::string& name) {
    NewDocument document;
    document.collection = collection;
    document.identity = name;
    document.filename = name;
    document.content = "common " + name;
    document.file_type = "text";
    document.content_hash = sha256_hex(document.content);
    for (int i = 0; i < 3; ++i) {
        NewChunk chunk;
        chunk.content = document.content;
        chunk.embedding = {1, 0, 0, 0};
        document.chunks.push_back(chunk);
    }
    return document;
}

/// Runs `work` in a process of its own that opens the file itself; its exit code says if it threw.
pid_t start(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child == 0) {
        try {
            work();
            _exit(0);
        } catch (const std::exception&) {
            _exit(1);
        }
    }
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

/// Opens the file and makes the collection unless another process did.
CollectionId join_collection(storage::SqliteStore& store) {
    try {
        return store.create_collection({}, {"notes", "Notes", space}).id;
    } catch (const Error&) {
        return store.find_collection({}, "notes").value().id;
    }
}

}  // namespace

TEST_CASE("sqlite: processes that create and fill one file at once lose nothing") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    constexpr int documents = 60;
    std::vector<pid_t> children;
    for (int p = 0; p < 3; ++p) {
        children.push_back(start([&, p] {
            storage::SqliteStore store(
                std::make_shared<storage::SqliteDatabase>(path, storage::SqliteOptions{}));
            const CollectionId collection = join_collection(store);
            for (int i = 0; i < documents; ++i) {
                store.add_document(
                    {}, make_document(collection, std::to_string(p) + "-" + std::to_string(i)));
            }
        }));
    }
    for (const pid_t child : children) {
        CHECK(wait_for(child) == 0);
    }
    storage::SqliteStore store(
        std::make_shared<storage::SqliteDatabase>(path, storage::SqliteOptions{}));
    const auto status = store.status({});
    CHECK(status.collection_count == 1);
    CHECK(status.document_count == 3 * documents);
    CHECK(status.chunk_count == 3 * 3 * documents);
}

TEST_CASE("sqlite: what was acknowledged before kill -9 is there, whole") {
    const test::TempDir dir;
    const std::string path = dir.file("memory.db");
    int acknowledged[2];
    REQUIRE(pipe(acknowledged) == 0);
    const pid_t child = start([&] {
        storage::SqliteStore store(
            std::make_shared<storage::SqliteDatabase>(path, storage::SqliteOptions{}));
        const CollectionId collection = join_collection(store);
        for (;;) {
            const DocumentId id =
                store.add_document({}, make_document(collection, random_bytes(8))).id;
            if (write(acknowledged[1], &id, sizeof id) != sizeof id) {
                return;
            }
        }
    });
    close(acknowledged[1]);
    std::vector<DocumentId> ids;
    DocumentId id = 0;
    while (ids.size() < 100 && read(acknowledged[0], &id, sizeof id) == sizeof id) {
        ids.push_back(id);
    }
    kill(child, SIGKILL);
    while (read(acknowledged[0], &id, sizeof id) == sizeof id) {
        ids.push_back(id);
    }
    close(acknowledged[0]);
    CHECK(WIFSIGNALED(wait_for(child)));
    REQUIRE(ids.size() >= 100);
    const auto database = std::make_shared<storage::SqliteDatabase>(path, storage::SqliteOptions{});
    storage::SqliteStore store(database);
    storage::SqliteSearch search(database);
    for (const DocumentId there : ids) {
        CHECK(store.get_chunks({}, there).size() == 3);
    }
    const auto status = store.status({});
    CHECK(status.chunk_count == 3 * status.document_count);
    const SearchScope scope{{store.find_collection({}, "notes").value().id}, {}};
    const auto all = static_cast<std::size_t>(status.chunk_count);
    CHECK(search.best_words({}, scope, text::parse_word_query("common"), all + 1).hits.size() ==
          all);
    CHECK(search.nearest({}, scope, space, Vector{1, 0, 0, 0}, all + 1).size() == all);
}

TEST_CASE("sqlite: a file of another program, and a newer schema, are refused") {
    const test::TempDir dir;
    const auto run = [](const std::string& path, const char* sql) {
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
        CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(database);
    };
    const std::string foreign = dir.file("foreign.db");
    run(foreign, "CREATE TABLE other (a)");
    CHECK_THROWS_WITH_AS(storage::SqliteDatabase(foreign, {}),
                         "The SQLite file belongs to another program; name another file.", Error);
    const std::string newer = dir.file("newer.db");
    {
        const storage::SqliteDatabase made(newer, {});
    }
    run(newer, "INSERT INTO schema_migrations VALUES (99, 'future', 0)");
    const std::string refusal =
        "The database has schema version 99, this program knows versions up to " +
        std::to_string(storage::sqlite_schema_version()) + "; install a newer release.";
    CHECK_THROWS_WITH_AS(storage::SqliteDatabase(newer, {}), refusal.c_str(), Error);
}

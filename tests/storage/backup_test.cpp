// A copy of a memory that is in use, and what goes when it is old (SQLite; on Postgres see
// upkeep in tests/system).

#include "base/hash.hpp"
#include "rag/error.hpp"
#include "storage/sqlite_backup.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/sqlite_upkeep.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace {

using namespace rag;

const CallContext context;
const EmbeddingSpace space{"test/four", 4};

NewChunk make_chunk(const std::string& text) {
    NewChunk chunk{text, 0, static_cast<std::int64_t>(text.size()), "", {}, Vector{1, 0, 0, 0}};
    chunk.metadata = Metadata::object();
    return chunk;
}

NewDocument make_document(CollectionId collection, const std::string& text) {
    NewDocument document;
    document.collection = collection;
    document.identity = text;
    document.filename = "Notes";
    document.content = text;
    document.file_type = "text";
    document.file_size = static_cast<std::int64_t>(text.size());
    document.content_hash = sha256_hex(text);
    document.chunks.push_back(make_chunk(text));
    return document;
}

DocumentUpdate make_update(const std::string& text) {
    DocumentUpdate update;
    update.content = ContentChange{text, static_cast<std::int64_t>(text.size()), sha256_hex(text)};
    update.chunks = std::vector<NewChunk>{make_chunk(text)};
    return update;
}

/// A memory of so many documents.
struct Opened {
    explicit Opened(const std::string& path, int documents = 0, const Clock* clock = nullptr) {
        storage::SqliteOptions options;
        options.clock = clock;
        database = std::make_shared<storage::SqliteDatabase>(path, options);
        store = std::make_unique<storage::SqliteStore>(database);
        for (int i = 0; i < documents; ++i) {
            if (i == 0) {
                collection = store->create_collection(context, {"notes", "Notes", space}).id;
            }
            last =
                store->add_document(context, make_document(collection, "text " + std::to_string(i)))
                    .id;
        }
    }
    std::shared_ptr<storage::SqliteDatabase> database;
    std::unique_ptr<storage::SqliteStore> store;
    CollectionId collection = 0;
    DocumentId last = 0;
};

struct StoppedClock final : Clock {
    Timestamp now() const override { return time; }
    SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
    Timestamp time{std::chrono::days{20'000}};
};

ErrorCode code_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::internal;
}

}  // namespace

TEST_CASE("backup: what is restored is what was backed up, under an epoch of its own") {
    const test::TempDir dir;
    Opened original(dir.file("memory.db"), 30);
    original.store->update_document(context, original.last, make_update("changed"));
    const BackupReport made =
        storage::back_up_sqlite(context, dir.file("memory.db"), dir.file("copy"));
    CHECK(made.contents.documents == 30);
    CHECK(made.contents.versions == 1);
    CHECK(made.contents.chunks == 30);
    CHECK(made.contents.vectors == 30);
    struct stat status{};
    REQUIRE(stat(dir.file("copy").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(made.size_bytes == status.st_size);

    const BackupReport restored =
        storage::restore_sqlite(context, dir.file("copy"), dir.file("new/memory.db"));
    CHECK(restored.contents == made.contents);
    const Opened copy(dir.file("new/memory.db"));
    CHECK(copy.store->get_document(context, original.last)->content == "changed");
    CHECK(copy.database->epoch() != original.database->epoch());
    CHECK(copy.store->status(context).document_count == 30);
    // Nothing is left beside the three files that were asked for.
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
        CHECK(entry.path().extension() != ".part");
    }
}

TEST_CASE("backup: a copy made among writes holds one moment, and every write goes on") {
    const test::TempDir dir;
    Opened original(dir.file("memory.db"), 200);
    std::atomic<bool> over{false};
    std::atomic<int> written{0};
    std::thread writer([&] {
        for (int i = 0; !over; ++i) {
            original.store->add_document(
                context, make_document(original.collection, "more " + std::to_string(i)));
            ++written;
        }
    });
    while (written == 0) {
        std::this_thread::yield();
    }
    for (int i = 0; i < 3; ++i) {
        const int before = written;
        const BackupReport made = storage::back_up_sqlite(context, dir.file("memory.db"),
                                                          dir.file("copy" + std::to_string(i)));
        CHECK(made.contents.documents >= 200 + before);
        CHECK(made.contents.documents == made.contents.chunks);
        CHECK(made.contents.documents == made.contents.vectors);
    }
    over = true;
    writer.join();
    CHECK(original.store->status(context).document_count == 200 + written);
}

TEST_CASE("backup: neither a backup nor a memory is overwritten") {
    const test::TempDir dir;
    const Opened original(dir.file("memory.db"), 3);
    storage::back_up_sqlite(context, dir.file("memory.db"), dir.file("copy"));
    CHECK(code_of([&] {
              storage::back_up_sqlite(context, dir.file("memory.db"), dir.file("copy"));
          }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] {
              storage::restore_sqlite(context, dir.file("copy"), dir.file("memory.db"));
          }) == ErrorCode::conflict);
    CHECK(original.store->status(context).document_count == 3);
}

TEST_CASE("backup: an empty memory that a server has open takes the restored content") {
    const test::TempDir dir;
    {
        const Opened original(dir.file("memory.db"), 5);
        storage::back_up_sqlite(context, dir.file("memory.db"), dir.file("copy"));
    }
    const Opened server(dir.file("other.db"));
    const FeedPosition before = server.store->feed_end(context);
    storage::restore_sqlite(context, dir.file("copy"), dir.file("other.db"));
    CHECK(server.store->status(context).document_count == 5);
    CHECK(server.store->list_collections(context).size() == 1);
    CHECK(Opened(dir.file("other.db")).store->feed_end(context).epoch != before.epoch);
}

TEST_CASE("backup: what is no backup is refused with a sentence") {
    const test::TempDir dir;
    CHECK(code_of([&] {
              storage::back_up_sqlite(context, dir.file("none.db"), dir.file("copy"));
          }) == ErrorCode::not_found);
    CHECK(code_of([&] {
              storage::restore_sqlite(context, dir.file("none"), dir.file("new.db"));
          }) == ErrorCode::not_found);
    std::ofstream(dir.file("text")) << std::string(5000, 'x');
    CHECK(code_of([&] {
              storage::restore_sqlite(context, dir.file("text"), dir.file("new.db"));
          }) == ErrorCode::corrupt);
    CHECK(!std::filesystem::exists(dir.file("new.db")));
}

TEST_CASE("upkeep: of old versions the newest stay, present content and young ones always") {
    const test::TempDir dir;
    StoppedClock clock;
    Opened opened(dir.file("memory.db"), 1, &clock);
    for (int i = 0; i < 5; ++i) {
        clock.time += std::chrono::days{1};
        opened.store->update_document(context, opened.last,
                                      make_update("version " + std::to_string(i)));
    }
    storage::SqliteUpkeep upkeep(opened.database);
    const Retention retention{2, std::chrono::days{90}, std::chrono::days{30}};
    CHECK(upkeep.remove_old(context, retention, Removal::done).versions == 0);
    clock.time += std::chrono::days{100};
    CHECK(upkeep.remove_old(context, retention, Removal::counted).versions == 3);
    CHECK(opened.store->list_versions(context, opened.last).size() == 6);
    CHECK(upkeep.remove_old(context, retention, Removal::done).versions == 3);
    CHECK(upkeep.remove_old(context, retention, Removal::done).versions == 0);
    const auto versions = opened.store->list_versions(context, opened.last);
    REQUIRE(versions.size() == 3);
    CHECK(versions.back().current);
    CHECK(opened.store->get_document(context, opened.last)->content == "version 4");
}

TEST_CASE("upkeep: of old jobs those go that have ended") {
    const test::TempDir dir;
    StoppedClock clock;
    Opened opened(dir.file("memory.db"), 0, &clock);
    opened.store->create_job(context, {"a", "ingest_url", "p", "k1", Metadata::object()});
    opened.store->create_job(context, {"b", "ingest_url", "p", "k2", Metadata::object()});
    opened.store->finish_job(context, "a", {JobState::completed, Metadata::object(), ""});
    clock.time += std::chrono::days{40};
    storage::SqliteUpkeep upkeep(opened.database);
    CHECK(upkeep.remove_old(context, {}, Removal::counted).jobs == 1);
    CHECK(upkeep.remove_old(context, {}, Removal::done).jobs == 1);
    CHECK(!opened.store->find_job(context, "a"));
    CHECK(opened.store->find_job(context, "b"));
}

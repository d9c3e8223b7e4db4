#include "contract/search_index_contract.hpp"
#include "index/indexed_store.hpp"
#include "index/local_index.hpp"
#include "storage/sqlite_frontier.hpp"
#include "storage/sqlite_index_source.hpp"
#include "storage/sqlite_search.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace rag::index_test {
namespace {

/// The local index over an SQLite file, with the store that tells it of writes.
class LocalKind final : public contract::StoreUnderTest {
public:
    LocalKind() {
        index_.start();
        CallContext soon;
        soon.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        REQUIRE(index_.wait_until_ready(soon));
    }

    Store& store() override { return store_; }
    SearchIndex& index() override { return index_; }
    CrawlFrontier& frontier() override { return frontier_; }
    /// With a row of the feed, as whatever writes a database writes one.
    void share(DocumentId document, CollectionId collection) override {
        database_->write({}, [&](storage::Connection& db) {
            db.prepare("INSERT INTO collection_documents VALUES (?1, ?2, NULL)")
                .bind(1, collection)
                .bind(2, document)
                .run();
            db.prepare(
                  "INSERT INTO changes (kind, collection_id, document_id, created_at) "
                  "VALUES (?1, ?2, ?3, 0)")
                .bind(1, static_cast<std::int64_t>(ChangeKind::document_changed))
                .bind(2, collection)
                .bind(3, document)
                .run();
        });
        index_.note_written(document);
    }

private:
    test::TempDir dir_;
    std::shared_ptr<storage::SqliteDatabase> database_ =
        std::make_shared<storage::SqliteDatabase>(dir_.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore plain_{database_};
    storage::SqliteSearch search_{database_};
    storage::SqliteIndexSource source_{database_};
    index::LocalIndex index_{source_, search_, {}};
    index::IndexedStore store_{plain_, index_};
    storage::SqliteFrontier frontier_{database_};
};

}  // namespace

TEST_CASE("local index: keeps what the port of a search index promises") {
    // Random data are compared in local_index_test.cpp: the weights of words are those of the
    // searched collections here, not of the whole store.
    contract::check_promises(contract::search_promises(),
                             [] { return std::make_unique<LocalKind>(); });
}

}  // namespace rag::index_test

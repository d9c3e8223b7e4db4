#include "storage/kinds.hpp"

#include "storage/postgres_frontier.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_frontier.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_store.hpp"
#include "support/fake_frontier.hpp"
#include "support/fake_store.hpp"
#include "support/temp_dir.hpp"

namespace rag::test {
namespace {

class FakeKind final : public contract::StoreUnderTest {
public:
    Store& store() override { return store_; }
    SearchIndex& index() override { return store_; }
    CrawlFrontier& frontier() override { return frontier_; }
    void share(DocumentId document, CollectionId collection) override {
        store_.share(document, collection);
    }

private:
    FakeStore store_;
    FakeFrontier frontier_{store_};
};

class SqliteKind final : public contract::StoreUnderTest {
public:
    Store& store() override { return store_; }
    SearchIndex& index() override { return search_; }
    CrawlFrontier& frontier() override { return frontier_; }
    void share(DocumentId document, CollectionId collection) override {
        database_->write({}, [&](storage::Connection& db) {
            db.prepare("INSERT INTO collection_documents VALUES (?1, ?2, NULL)")
                .bind(1, collection)
                .bind(2, document)
                .run();
        });
    }

private:
    TempDir dir_;
    std::shared_ptr<storage::SqliteDatabase> database_ =
        std::make_shared<storage::SqliteDatabase>(dir_.file("memory.db"), storage::SqliteOptions{});
    storage::SqliteStore store_{database_};
    storage::SqliteSearch search_{database_};
    storage::SqliteFrontier frontier_{database_};
};

class PostgresKind final : public contract::StoreUnderTest {
public:
    PostgresKind(std::shared_ptr<OwnSchema> schema, const storage::PostgresOptions& options)
        : schema_(std::move(schema)), pool_(options), store_({}, pool_), search_(pool_) {}

    Store& store() override { return store_; }
    SearchIndex& index() override { return search_; }
    CrawlFrontier& frontier() override { return frontier_; }
    void share(DocumentId document, CollectionId collection) override {
        schema_->run("insert into @S.collection_documents values (" + std::to_string(collection) +
                     ", " + std::to_string(document) + ", null)");
    }

private:
    std::shared_ptr<OwnSchema> schema_;
    storage::PostgresPool pool_;
    storage::PostgresStore store_;
    storage::PostgresSearch search_;
    storage::PostgresFrontier frontier_{pool_};
};

}  // namespace

std::unique_ptr<contract::StoreUnderTest> make_fake() {
    return std::make_unique<FakeKind>();
}

std::unique_ptr<contract::StoreUnderTest> make_sqlite() {
    return std::make_unique<SqliteKind>();
}

std::unique_ptr<contract::StoreUnderTest> make_postgres() {
    auto schema = std::make_shared<OwnSchema>();
    return make_postgres(schema, schema->options());
}

std::unique_ptr<contract::StoreUnderTest> make_postgres(std::shared_ptr<OwnSchema> schema,
                                                        const storage::PostgresOptions& options) {
    return std::make_unique<PostgresKind>(std::move(schema), options);
}

}  // namespace rag::test

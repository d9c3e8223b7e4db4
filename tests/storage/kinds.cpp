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

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

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

std::string server_address() {
    const char* address = std::getenv("RAG_TEST_POSTGRES");
    if (address == nullptr || *address == '\0') {
        FAIL(
            "RAG_TEST_POSTGRES is not set; run: "
            "export RAG_TEST_POSTGRES=$(scripts/postgres-for-tests)");
    }
    return address;
}

OwnSchema::OwnSchema() : address_(server_address()) {
    static std::atomic<int> made = 0;
    name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(++made);
}

OwnSchema::~OwnSchema() {
    try {
        storage::PostgresConnection connection(address_, storage::Pooler::off);
        connection.begin();
        connection.run_script("drop schema if exists " + name_ + " cascade");
        connection.commit();
    } catch (const storage::PostgresFailure&) {
        return;  // The server is gone, and its data are the tests' alone.
    }
}

storage::PostgresOptions OwnSchema::options() const {
    storage::PostgresOptions options;
    options.address = address_;
    options.schema = name_;
    return options;
}

storage::PostgresOptions OwnSchema::options_through(const std::string& address) const {
    storage::PostgresOptions options = this->options();
    options.address = address;
    options.pooler = storage::Pooler::transaction;
    return options;
}

storage::SqlRows OwnSchema::run(const std::string& sql) const {
    std::string expanded = sql;
    const std::string mark = "@S.";
    for (std::size_t at = expanded.find(mark); at != std::string::npos; at = expanded.find(mark)) {
        expanded.replace(at, mark.size(), name_ + '.');
    }
    storage::PostgresConnection connection(address_, storage::Pooler::off);
    connection.begin();
    const storage::SqlRows rows = connection.run(expanded);
    connection.commit();
    return rows;
}

}  // namespace rag::test

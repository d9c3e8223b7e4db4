#pragma once

#include "rag/index_source.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_store.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace rag::storage {

/// What an index follows in one SQLite file. Its feed is immediate: a position in it is a row.
class SqliteIndexSource final : public IndexSource {
public:
    explicit SqliteIndexSource(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)), store_(database_) {}

    std::string identity(const CallContext& context) override;
    FeedPosition feed_end(const CallContext& context) override { return store_.feed_end(context); }
    ChangeBatch read_changes(const CallContext& context, const FeedPosition& from,
                             std::int64_t limit) override;
    std::vector<Collection> list_collections(const CallContext& context) override {
        return store_.list_collections(context);
    }
    std::vector<Collection> list_collections_uncounted(const CallContext& context) override {
        return store_.list_collections_uncounted(context);
    }
    std::vector<IndexedDocument> read_documents(const CallContext& context, DocumentId after,
                                                std::size_t chunks_max) override;
    std::optional<IndexedDocument> read_document(const CallContext& context,
                                                 DocumentId id) override;
    bool may_have_changed(const CallContext& context) override;
    bool feed_is_immediate() const override { return true; }

private:
    std::int64_t read_data_version(const CallContext& context);

    std::shared_ptr<SqliteDatabase> database_;
    SqliteStore store_;
    std::mutex mutex_;
    /// Null before it is first needed. Never writes, so that every commit, of this process too,
    /// changes what it sees. Guarded by mutex_.
    std::unique_ptr<Connection> watcher_;
    std::atomic<std::int64_t> applied_version_{-1};
};

}  // namespace rag::storage

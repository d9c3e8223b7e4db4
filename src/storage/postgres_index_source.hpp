#pragma once

#include "rag/index_source.hpp"
#include "storage/postgres_listener.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/postgres_store.hpp"

#include <memory>

namespace rag::storage {

/// What an index follows in Postgres. Its feed shows a change once no older transaction is open, so
/// that a writer's own documents are to be read without waiting for it.
class PostgresIndexSource final : public IndexSource {
public:
    /// Both must outlive this.
    PostgresIndexSource(PostgresPool& pool, PostgresStore& store) : pool_(pool), store_(store) {}

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
    bool may_have_changed(const CallContext& /*context*/) override {
        return listener_ && listener_->is_due();
    }
    /// Takes one of the pool's connections for as long as somebody watches, unless the pool has
    /// only one or stands behind a pooler that hands out a connection for a transaction at a time.
    void watch(std::function<void()> news) override;
    bool feed_is_immediate() const override { return false; }

private:
    std::vector<IndexedDocument> read(const CallContext& context, const std::string& condition,
                                      const SqlParams& params);

    PostgresPool& pool_;
    PostgresStore& store_;
    std::unique_ptr<PostgresListener> listener_;  ///< Null: nobody watches, or nothing can listen.
};

}  // namespace rag::storage

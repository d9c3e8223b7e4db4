#pragma once

#include "rag/index_source.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/postgres_store.hpp"

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
                             std::int64_t limit) override {
        return store_.read_changes(context, from, limit);
    }
    std::vector<Collection> list_collections(const CallContext& context) override {
        return store_.list_collections(context);
    }
    std::vector<IndexedDocument> read_documents(const CallContext& context, DocumentId after,
                                                std::size_t chunks_max) override;
    std::optional<IndexedDocument> read_document(const CallContext& context,
                                                 DocumentId id) override;
    bool may_have_changed(const CallContext& /*context*/) override { return false; }
    bool feed_is_immediate() const override { return false; }

private:
    std::vector<IndexedDocument> read(const CallContext& context, const std::string& condition,
                                      const SqlParams& params);

    PostgresPool& pool_;
    PostgresStore& store_;
};

}  // namespace rag::storage

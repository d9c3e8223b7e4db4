#pragma once

#include "rag/space_store.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// SpaceStore in a schema of Postgres.
class PostgresSpaces final : public SpaceStore {
public:
    /// The pool must outlive this; its schema is up to date.
    explicit PostgresSpaces(PostgresPool& pool) : pool_(pool) {}

    std::vector<DocumentId> list_without_vectors(const CallContext& context,
                                                 CollectionId collection,
                                                 const EmbeddingSpace& space, DocumentId after,
                                                 std::int64_t limit) override;
    std::int64_t add_vectors(const CallContext& context, DocumentId document,
                             const EmbeddingSpace& space,
                             std::span<const ChunkVector> vectors) override;
    bool bind_space(const CallContext& context, CollectionId collection,
                    const EmbeddingSpace& space) override;
    std::int64_t remove_vectors(const CallContext& context, CollectionId collection,
                                const EmbeddingSpace& space, std::int64_t limit) override;

private:
    PostgresPool& pool_;
};

}  // namespace rag::storage

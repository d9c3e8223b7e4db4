#pragma once

#include "rag/space_store.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>

namespace rag::storage {

/// SpaceStore in one SQLite file.
class SqliteSpaces final : public SpaceStore {
public:
    explicit SqliteSpaces(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

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
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace rag::storage

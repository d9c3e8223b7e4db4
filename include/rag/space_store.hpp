#pragma once

#include "rag/collection.hpp"
#include "rag/context.hpp"
#include "rag/document.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace rag {

struct ChunkVector {
    ChunkId chunk = 0;
    Vector vector;
};

/// Vectors of a second space beside those that a collection is searched by: how a collection moves
/// to another model while it goes on answering. Implementations are safe for concurrent use and
/// throw as Store does; each write is one transaction with its rows of the change feed.
class SpaceStore {
public:
    virtual ~SpaceStore() = default;

    /// The collection's documents that hold a chunk without a vector of the space: those with ids
    /// above `after`, ascending, at most `limit`.
    virtual std::vector<DocumentId> list_without_vectors(const CallContext& context,
                                                         CollectionId collection,
                                                         const EmbeddingSpace& space,
                                                         DocumentId after, std::int64_t limit) = 0;

    /// Adds vectors to chunks of the document; chunks that are gone or have a vector of the space
    /// are passed over. Returns how many were written. Throws Error{invalid_argument} for a vector
    /// of other dimensions.
    virtual std::int64_t add_vectors(const CallContext& context, DocumentId document,
                                     const EmbeddingSpace& space,
                                     std::span<const ChunkVector> vectors) = 0;

    /// From now on the collection is searched and written in the space. False, and nothing has
    /// changed, while a chunk of it has no vector of the space. Throws Error{not_found}.
    virtual bool bind_space(const CallContext& context, CollectionId collection,
                            const EmbeddingSpace& space) = 0;

    /// Removes vectors of the space from chunks of the collection that are in no collection bound
    /// to that space; at most `limit` documents' at once. Returns how many vectors went.
    virtual std::int64_t remove_vectors(const CallContext& context, CollectionId collection,
                                        const EmbeddingSpace& space, std::int64_t limit) = 0;
};

}  // namespace rag

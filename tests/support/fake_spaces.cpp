#include "rag/error.hpp"
#include "support/fake_store.hpp"

#include <algorithm>

namespace rag::test {

const Vector* FakeStore::vector_of(const StoredChunk& chunk, const EmbeddingSpace& space) {
    for (const SpaceVector& vector : chunk.vectors) {
        if (vector.space == space) {
            return &vector.vector;
        }
    }
    return nullptr;
}

bool FakeStore::lacks_vector(const Entry& entry, const EmbeddingSpace& space) {
    return std::any_of(entry.chunks.begin(), entry.chunks.end(), [&](const StoredChunk& chunk) {
        return vector_of(chunk, space) == nullptr;
    });
}

std::vector<DocumentId> FakeStore::list_without_vectors(const CallContext& context,
                                                        CollectionId collection,
                                                        const EmbeddingSpace& space,
                                                        DocumentId after, std::int64_t limit) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<DocumentId> list;
    for (const auto& [id, entry] : documents_) {
        if (id > after && entry.in.contains(collection) && lacks_vector(entry, space) &&
            static_cast<std::int64_t>(list.size()) < limit) {
            list.push_back(id);
        }
    }
    return list;
}

std::int64_t FakeStore::add_vectors(const CallContext& context, DocumentId document,
                                    const EmbeddingSpace& space,
                                    std::span<const ChunkVector> vectors) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::int64_t written = 0;
    for (const ChunkVector& given : vectors) {
        if (static_cast<int>(given.vector.size()) != space.dimensions) {
            throw Error(ErrorCode::invalid_argument, "A vector has a wrong number of dimensions.");
        }
    }
    const auto found = documents_.find(document);
    if (found == documents_.end()) {
        return 0;
    }
    for (const ChunkVector& given : vectors) {
        for (StoredChunk& chunk : found->second.chunks) {
            if (chunk.chunk.id == given.chunk && vector_of(chunk, space) == nullptr) {
                chunk.vectors.push_back({space, given.vector});
                ++written;
            }
        }
    }
    if (written > 0) {
        record(ChangeKind::document_changed, found->second);
    }
    return written;
}

bool FakeStore::bind_space(const CallContext& context, CollectionId collection,
                           const EmbeddingSpace& space) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto found = collections_.find(collection);
    if (found == collections_.end()) {
        throw Error(ErrorCode::not_found, "The collection is not there.");
    }
    for (const auto& [id, entry] : documents_) {
        if (entry.in.contains(collection) && lacks_vector(entry, space)) {
            return false;
        }
    }
    found->second.space = space;
    changes_.push_back({ChangeKind::collection_changed, collection, 0});
    return true;
}

std::int64_t FakeStore::remove_vectors(const CallContext& context, CollectionId collection,
                                       const EmbeddingSpace& space, std::int64_t limit) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::int64_t removed = 0;
    for (auto& [id, entry] : documents_) {
        const bool bound = std::any_of(entry.in.begin(), entry.in.end(), [&](const auto& member) {
            return collections_.at(member.first).space == space;
        });
        if (!entry.in.contains(collection) || bound || limit <= 0) {
            continue;
        }
        std::int64_t here = 0;
        for (StoredChunk& chunk : entry.chunks) {
            here += static_cast<std::int64_t>(std::erase_if(
                chunk.vectors, [&](const SpaceVector& vector) { return vector.space == space; }));
        }
        if (here > 0) {
            removed += here;
            --limit;
            record(ChangeKind::document_changed, entry);
        }
    }
    return removed;
}

}  // namespace rag::test

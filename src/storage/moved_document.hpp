#pragma once

#include "rag/error.hpp"
#include "rag/transfer.hpp"

#include <vector>

namespace rag::storage {

[[noreturn]] inline void throw_other_space(const MovedCollection& collection) {
    throw Error(ErrorCode::conflict, "Collection '" + collection.name +
                                         "' is there with another embedding model than '" +
                                         collection.space.model +
                                         "'; rename it, or move it with `rag reindex` first.");
}

/// The chunks as a store takes them in, without vectors: those of a moved document may be of
/// several spaces. Offsets that are not known are 0 here.
inline std::vector<NewChunk> chunks_without_vectors(const MovedDocument& document) {
    std::vector<NewChunk> chunks;
    chunks.reserve(document.chunks.size());
    for (const MovedChunk& chunk : document.chunks) {
        chunks.push_back({chunk.content,
                          chunk.char_start.value_or(0),
                          chunk.char_end.value_or(0),
                          chunk.heading_path,
                          chunk.metadata,
                          {}});
    }
    return chunks;
}

}  // namespace rag::storage

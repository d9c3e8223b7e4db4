#pragma once

#include "rag/document.hpp"
#include "storage/sqlite_connection.hpp"
#include "storage/sqlite_vectors.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rag::storage {

/// A chunk with all that is computed of it. The given one must outlive it.
struct ReadyChunk {
    const NewChunk* given = nullptr;
    std::string terms;  ///< For the word index.
    std::string metadata;
    std::int64_t text_key = 0;
    VectorCodes codes;  ///< Empty without an embedding.
};

/// Chunks made ready outside of any transaction, because that is the slow part.
struct ReadyChunks {
    std::string filename;  ///< That they were analysed with.
    std::vector<ReadyChunk> chunks;
};

ReadyChunks make_ready(const std::string& filename, const std::vector<NewChunk>& chunks);

/// Writes the chunks with words and vectors; gives their ids in order. The embeddings belong to the
/// space that all collections of the document share: throws Error{conflict} when there is no such
/// space, and what check_embedding throws.
std::vector<ChunkId> insert_chunks(Connection& db, DocumentId document,
                                   std::span<const ReadyChunk> chunks);

/// The chunk has none of the space yet.
void insert_vector(Connection& db, ChunkId chunk, std::int64_t space, const VectorCodes& codes);

std::vector<ChunkId> list_chunk_ids(Connection& db, DocumentId document);

/// Removes the document's chunks with words and vectors; returns how many there were.
std::int64_t remove_chunks(Connection& db, DocumentId document);

}  // namespace rag::storage

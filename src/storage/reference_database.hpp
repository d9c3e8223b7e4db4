#pragma once

#include "storage/postgres_pool.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The tables of the reference system (project rag-memory, October 2025) in the schema `public`,
/// which are read and never changed. A document's chunks belong to collections one by one there; a
/// document belongs to those of its chunks.
namespace rag::storage {

struct ReferenceTables {
    std::int64_t dimensions = 0;  ///< Of its vectors; 0: any.
};

/// Null where the database has no such tables.
std::optional<ReferenceTables> find_reference(PostgresTransaction& transaction);

/// A sentence that names the way in, when such tables are there, nothing was taken over from them
/// and our schema is empty; our schema is there.
std::optional<std::string> describe_waiting_reference(PostgresTransaction& transaction);

struct ReferenceCounts {
    std::int64_t collections = 0;
    std::int64_t documents = 0;
    std::int64_t lone_documents = 0;  ///< In no collection.
    std::int64_t collections_taken = 0;
    std::int64_t documents_taken = 0;
    // Of the documents that were not taken yet:
    std::int64_t chunks = 0;
    std::int64_t vectors = 0;
    /// Collections, documents and chunks whose name or id is another's in our schema.
    std::int64_t conflicts = 0;
};

ReferenceCounts count_reference(PostgresTransaction& transaction);

struct ReferenceChunk {
    std::int64_t id = 0;
    std::int64_t document = 0;
    std::int64_t index = 0;  ///< From 0 without gaps.
    std::string title;
    std::string content;
    bool has_vector = false;
};

struct ReferenceBatch {
    std::vector<std::int64_t> documents;  ///< Ascending.
    std::vector<ReferenceChunk> chunks;
};

/// The documents with the lowest ids that were not taken yet, until their chunks are `chunks_max`
/// or more; none at the end.
ReferenceBatch read_reference(PostgresTransaction& transaction, std::size_t chunks_max);

}  // namespace rag::storage

#pragma once

#include "rag/store.hpp"
#include "storage/sqlite_connection.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What several files of the SQLite store do inside a transaction that somebody else opened.
namespace rag::storage {

inline std::int64_t to_milliseconds(Timestamp time) {
    return time.time_since_epoch().count();
}

/// Throws Error{corrupt} for a text that is no JSON.
nlohmann::json read_json(const std::string& text);

/// A JSON array for `IN (SELECT value FROM json_each(?))`.
std::string id_list(const std::vector<std::int64_t>& ids);

/// From id, document_id, chunk_index, content, char_start, char_end, heading_path, metadata.
Chunk read_chunk(const Statement& row);

void record_change(Connection& connection, Timestamp now, ChangeKind kind, CollectionId collection,
                   DocumentId document);

/// The id of the space; it is added when it is not there.
std::int64_t ensure_space(Connection& connection, const EmbeddingSpace& space);

/// Collections that hold the document.
std::vector<CollectionId> list_memberships(Connection& connection, DocumentId document);
std::vector<std::string> list_collection_names(Connection& connection, DocumentId document);

/// Removes a document with its versions, chunks, vectors and words, and records it; returns how
/// many chunks went.
std::int64_t remove_document(Connection& connection, Timestamp now, DocumentId document);

}  // namespace rag::storage

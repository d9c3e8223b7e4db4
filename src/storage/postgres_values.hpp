#pragma once

#include "rag/clock.hpp"
#include "rag/space_store.hpp"
#include "rag/store.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/stored_text.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// C++ values as Postgres writes and reads them.
namespace rag::storage {

/// Held to its end by a transaction that changes the schema. Any number will do as long as every
/// version of this program has the same.
constexpr const char* query_lock_migrations = "select pg_advisory_xact_lock(7212690112054321)";

/// "{1,2,3}"
std::string to_sql_array(std::span<const std::int64_t> values);
/// "[0.5,0.25]", as pgvector reads a vector.
std::string to_sql_vector(std::span<const float> vector);
/// A tsvector literal: the terms with their positions, each term quoted. A term that occurs more
/// than 255 times keeps its first positions; positions end at 16383 (both limits of Postgres).
std::string to_sql_words(std::span<const std::string> terms);
/// A term as a tsquery holds it.
std::string quote_lexeme(std::string_view term);

/// From what vector_send gives, as text: "\\x", two bytes of dimensions, two unused, and the
/// floats, all of them big-endian. Throws Error{corrupt} for another size.
Vector parse_sent_vector(const std::string& hex, std::size_t size);

/// The value of a column that is never null. Throws Error{corrupt} when it is or is no number.
const std::string& read_text(const SqlRow& row, std::size_t column);
std::int64_t read_int(const SqlRow& row, std::size_t column);
double read_double(const SqlRow& row, std::size_t column);
/// Of a column in milliseconds since 1970.
Timestamp read_time(const SqlRow& row, std::size_t column);
nlohmann::json read_json(const SqlRow& row, std::size_t column);
/// Of a JSON array of strings.
std::vector<std::string> read_names(const SqlRow& row, std::size_t column);

/// Tells followers at the commit which schema, by whom and in which transaction was written to.
void notify_followers(PostgresTransaction& transaction);
/// Writes the rows of the change feed and wakes followers at the commit.
void add_change(PostgresTransaction& transaction, ChangeKind kind, CollectionId collection,
                DocumentId document);

/// The same for many documents, in each of their collections.
void add_document_changes(PostgresTransaction& transaction, ChangeKind kind,
                          std::span<const DocumentId> documents);

/// Writes chunks with words and vectors; gives their ids in order. Throws
/// Error{invalid_argument} for an embedding that has not the dimensions of the space.
std::vector<ChunkId> insert_chunks(PostgresTransaction& transaction, DocumentId document,
                                   const std::string& title, const EmbeddingSpace& space,
                                   std::span<const NewChunk> chunks);

/// The id of the space; it is added when it is not there.
std::int64_t ensure_space(PostgresTransaction& transaction, const EmbeddingSpace& space);

/// Adds vectors of the space to those of the chunks that are still there and have none of it;
/// returns how many. Throws Error{invalid_argument} for other dimensions.
std::int64_t insert_vectors(PostgresTransaction& transaction, const EmbeddingSpace& space,
                            std::span<const ChunkVector> vectors);

/// SQL of a time as read_time reads it.
inline std::string time_of(const std::string& column) {
    return "(extract(epoch from " + column + ") * 1000)::bigint";
}

}  // namespace rag::storage

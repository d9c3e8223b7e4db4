#pragma once

#include <sqlite3.h>

namespace rag::storage {

constexpr const char* filter_pointer_type = "rag_metadata_filter";

/// Gives a connection what the schema and the searches need:
///   rag_matches(filter, document metadata, chunk metadata) -> 0 or 1
///   rag_time(text) -> milliseconds since 1970 of an ISO 8601 time; null for anything else
///   tokenizer rag_terms: cuts at single spaces, changes nothing
///   rag_bm25(words, n): BM25 of a match over the first n phrases of the expression.
/// Throws Error{internal} when SQLite was built without FTS5.
void register_functions(sqlite3* database);

}  // namespace rag::storage

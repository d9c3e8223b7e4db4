#pragma once

#include "rag/clock.hpp"
#include "rag/collection.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rag {

using DocumentId = std::int64_t;
using ChunkId = std::int64_t;

/// Always a JSON object.
using Metadata = nlohmann::json;

/// Unit length, or all zeros for a text without a known token.
using Vector = std::vector<float>;

/// SHA-256 of a document's content in lower-case hex.
using ContentHash = std::string;

constexpr int document_versions_kept = 20;

/// A passage of a document. The stored text is `content[char_start:char_end]` of the document's
/// version that it was cut from, in Unicode code points.
struct Chunk {
    ChunkId id = 0;
    DocumentId document_id = 0;
    std::int64_t chunk_index = 0;  ///< Counts from 0 without gaps.
    std::string content;
    std::optional<std::int64_t> char_start;  ///< Null only for documents taken over from elsewhere.
    std::optional<std::int64_t> char_end;
    std::string heading_path;                ///< "Guide > Install > Linux"; empty at the top.
    Metadata metadata = Metadata::object();  ///< The chunk's own keys, without the document's.
};

/// A passage that is about to be stored. `embedding` is empty when the collection has no vectors.
struct NewChunk {
    std::string content;
    std::int64_t char_start = 0;
    std::int64_t char_end = 0;
    std::string heading_path;
    Metadata metadata = Metadata::object();
    Vector embedding;  ///< Empty: none.
    /// Whose the embedding is. Null where the writer cannot say: it is taken for the collection's.
    std::optional<EmbeddingSpace> embedding_space = {};
};

struct Document {
    DocumentId id = 0;
    std::string filename;  ///< Title or file name.
    std::string content;
    std::string file_type;       ///< "md", "txt", "text", "web_page"...
    std::int64_t file_size = 0;  ///< Bytes of the source.
    Metadata metadata = Metadata::object();
    ContentHash content_hash;
    std::optional<std::string> identity;  ///< See DocumentIdentity in memory/identity.hpp.
    std::int64_t version = 1;             ///< Of `content`; the oldest is 1.
    std::int64_t versions = 1;            ///< How many there are, the current one included.
    Timestamp created_at{};
    Timestamp updated_at{};
    std::vector<std::string> collections;  ///< Names, sorted.
};

/// What is known of a document without its content.
struct DocumentSummary {
    DocumentId id = 0;
    std::string filename;
    std::string file_type;
    std::int64_t file_size = 0;
    std::int64_t chunk_count = 0;
    Metadata metadata = Metadata::object();
    ContentHash content_hash;
    std::optional<std::string> identity;
    std::int64_t version = 1;
    Timestamp created_at{};
    Timestamp updated_at{};
    std::vector<std::string> collections;  ///< Names, sorted.
};

}  // namespace rag

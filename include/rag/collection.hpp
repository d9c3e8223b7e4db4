#pragma once

#include "rag/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rag {

/// Ids are > 0 and < 2^53 and are never used again for the same kind of thing.
using CollectionId = std::int64_t;

constexpr std::size_t collection_name_characters_max = 255;

/// The model that made a set of vectors. Vectors of different spaces are never compared.
struct EmbeddingSpace {
    std::string model;  ///< e.g. "builtin/static-en-512", "openai/text-embedding-3-small"
    int dimensions = 0;

    bool operator==(const EmbeddingSpace&) const = default;
};

struct Collection {
    CollectionId id = 0;
    std::string name;         ///< 1-255 code points, no control characters, case-sensitive, unique.
    std::string description;  ///< Never blank.
    EmbeddingSpace space;     ///< Bound at creation; only a re-index changes it.
    Timestamp created_at{};
    std::int64_t document_count = 0;
    std::int64_t chunk_count = 0;
};

/// A site of which a collection owns pages, for `get_collection_info`.
struct CrawledUrl {
    std::string url;
    Timestamp timestamp{};
    std::int64_t page_count = 0;
    std::int64_t chunk_count = 0;
};

struct CollectionDetails {
    Collection collection;
    std::vector<std::string> sample_documents;  ///< At most 5 filenames, newest update first.
    std::vector<CrawledUrl> crawled_urls;       ///< At most 10, newest first.
    std::int64_t size_bytes = 0;                ///< Stored content of its documents.
};

}  // namespace rag

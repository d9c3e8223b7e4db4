#pragma once

#include "rag/document.hpp"
#include "rag/metadata_filter.hpp"
#include "rag/search_route.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rag {

enum class SearchMode { hybrid, vector, keyword };

constexpr std::int64_t search_hits_max = 50;
constexpr std::int64_t context_chunks_max = 5;

/// How much of a document's content an answer holds when the caller does not say, in code points.
constexpr std::int64_t content_code_points_default = 60'000;

struct SearchQuery {
    std::string text;
    std::optional<std::string> collection;  ///< Null: all that the caller may see.
    std::int64_t limit = 5;                 ///< 1 to search_hits_max.
    std::optional<double> threshold;        ///< Least cosine similarity.
    SearchMode mode = SearchMode::hybrid;
    MetadataFilter filter;
    std::int64_t context_chunks = 0;  ///< Neighbours joined on each side; 0 to 5.
    bool include_source = false;
    std::int64_t max_chars = content_code_points_default;  ///< Of each hit's source, code points.
    bool explain = false;  ///< Also say how each hit came to its place; costs a count of the scope.
};

/// How a hit came to its place.
struct HitExplanation {
    double word_score = 0;   ///< BM25, on the index's scale; 0 where it holds no term.
    double word_part = 0;    ///< What the words give to the fused score.
    double vector_part = 0;  ///< What the vectors give.
    /// Listed on a place that is kept for the most similar passage not listed yet; its score is
    /// that of the hit before it.
    bool reserved_place = false;
};

/// How a search was answered.
struct SearchExplanation {
    std::string ranked_by;     ///< "words and vectors", "words", "vectors" or "ranks".
    double vector_weight = 0;  ///< Factor of the similarity in the fused score.
    std::optional<double> ideal_word_score;  ///< Divisor of the word scores; null: they have none.
    std::optional<double> threshold;
    std::int64_t searched_set = 0;  ///< Chunks of the collections, whatever the filter.
    std::int64_t filter_set = 0;    ///< Of these the ones that the filter lets pass.
    std::int64_t vector_candidates = 0;
    std::int64_t word_candidates = 0;
};

struct SearchHit {
    Chunk chunk;  ///< Its content and offsets span the neighbours when context was asked for.
    DocumentId document_id = 0;
    std::string filename;
    Metadata metadata = Metadata::object();   ///< The document's with the chunk's laid over it.
    std::optional<double> similarity;         ///< Cosine, -1 to 1.
    double score = 0;                         ///< Never increases along the list.
    std::optional<std::int64_t> rank_vector;  ///< From 1; null where not among the candidates.
    std::optional<std::int64_t> rank_keyword;
    std::optional<std::string> source_url;
    std::optional<std::string> source_content;
    /// Where to go on reading the source, in code points; null when it is whole.
    std::optional<std::int64_t> source_next_offset;
    std::optional<HitExplanation> explanation;  ///< When asked for.
};

struct SearchResult {
    std::vector<SearchHit> hits;
    /// Sentences about how the answer was made when that was not the whole way, e.g. that the
    /// embedding service failed and words alone answered.
    std::vector<std::string> notes;
    SearchRoute route;
    std::optional<SearchExplanation> explanation;  ///< When asked for.
};

}  // namespace rag

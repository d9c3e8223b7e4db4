#pragma once

#include "rag/context.hpp"
#include "rag/document.hpp"
#include "rag/metadata_filter.hpp"
#include "rag/search_route.hpp"
#include "rag/word_query.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rag {

/// What a search may find.
struct SearchScope {
    std::vector<CollectionId> collections;  ///< Never empty.
    MetadataFilter filter;                  ///< Over the chunk's effective metadata.
};

struct Candidate {
    ChunkId chunk = 0;
    double score = 0;
    /// Equal for chunks whose texts are the same after folding (text/fold.hpp).
    std::uint64_t text_key = 0;
};

/// By score descending, ties by chunk id ascending; without duplicates.
using Candidates = std::vector<Candidate>;

struct WordCandidates {
    Candidates hits;
    /// The score that a perfect match would have, on the scale of the hits: (k1 + 1) * sum of the
    /// query's idf. Null where the scores are not BM25 (then only the order means anything).
    std::optional<double> ideal;
};

/// A chunk with what a hit shows of its document.
struct Passage {
    Chunk chunk;
    std::string filename;
    std::string file_type;
    Metadata document_metadata = Metadata::object();
};

/// Finds chunks. A list is shorter than `count` only if there are no more matching chunks under the
/// scope: filters never shorten it. What a writer in this process has committed is found by its
/// next search; what others committed within a second. Implementations are safe for concurrent use.
class SearchIndex {
public:
    virtual ~SearchIndex() = default;

    /// Chunks with a vector of the space by cosine similarity to the query (of unit length).
    virtual Candidates nearest(const CallContext& context, const SearchScope& scope,
                               const EmbeddingSpace& space, std::span<const float> query,
                               std::size_t count) = 0;
    /// Chunks that hold at least one term and every phrase of the query, by BM25 (k1 = 1.2,
    /// b = 0.75, idf = ln(1 + (N - n + 0.5) / (n + 0.5)) of count_words) over title, headings and
    /// text. Stop terms match but score nothing.
    virtual WordCandidates best_words(const CallContext& context, const SearchScope& scope,
                                      const WordQuery& query, std::size_t count) = 0;
    /// The similarity of each given chunk, in their order; null where it has no vector of the
    /// space.
    virtual std::vector<std::optional<double>> similarities(const CallContext& context,
                                                            const EmbeddingSpace& space,
                                                            std::span<const float> query,
                                                            std::span<const ChunkId> chunks) = 0;
    /// The word score of each given chunk on the scale of best_words, whatever the phrases; 0 where
    /// it holds no term.
    virtual std::vector<double> word_scores(const CallContext& context, const SearchScope& scope,
                                            const WordQuery& query,
                                            std::span<const ChunkId> chunks) = 0;
    /// How many chunks there are and in how many each stem occurs, for the query's weights. Counts
    /// of a larger set than the scope (the whole store) are good enough.
    virtual WordStatistics count_words(const CallContext& context, const SearchScope& scope,
                                       std::span<const std::string> stems) = 0;
    /// The passages that exist, in the order of the ids.
    virtual std::vector<Passage> load(const CallContext& context,
                                      std::span<const ChunkId> chunks) = 0;
    /// How many chunks lie under the scope.
    virtual std::int64_t count(const CallContext& context, const SearchScope& scope) = 0;
    /// What would answer a search of the scope for vectors of the space at this moment. Costs no
    /// round trip.
    virtual SearchRoute route(const SearchScope& /*scope*/, const EmbeddingSpace& /*space*/) const {
        return {};
    }
};

}  // namespace rag

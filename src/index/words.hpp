#pragma once

#include "index/state.hpp"
#include "rag/word_query.hpp"

#include <span>
#include <string>
#include <vector>

namespace rag::index {

constexpr double bm25_k1 = 1.2;
constexpr double bm25_b = 0.75;

/// The selected chunks that hold a term of the query, best first. The weights are those of the
/// selections' collections; the filter does not change them.
WordCandidates find_best_words(const CallContext& context, const State& state,
                               std::span<const Selection> selections, const WordQuery& query,
                               std::size_t count);

/// The score of each chunk on the scale of find_best_words; 0 where it holds no term, nothing where
/// there is no such chunk.
std::vector<std::optional<double>> score_words(const CallContext& context, const State& state,
                                               std::span<const Selection> selections,
                                               const WordQuery& query,
                                               std::span<const ChunkId> chunks);

/// How many of the selections' chunks there are and in how many each term occurs.
WordStatistics count_words(const CallContext& context, std::span<const Selection> selections,
                           std::span<const std::string> terms);

/// Whether the terms stand next to each other, in this order, in the chunk's indexed text.
bool holds_phrases(const Segment& segment, Local local,
                   std::span<const std::vector<std::string>> phrases);

}  // namespace rag::index

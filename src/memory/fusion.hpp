#pragma once

#include "rag/document.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// From two lists of candidates to one ranking. Pure.
namespace rag::memory {

/// Reciprocal rank fusion's damping (Cormack, Clarke, Büttcher: "Reciprocal rank fusion outperforms
/// Condorcet and individual rank learning methods", SIGIR 2009).
constexpr double rank_fusion_k = 60;

/// Every so many places one is kept for the best dense hit that is not listed yet. Where the words
/// of a question and of its answer differ, this is how the answer gets into the list.
constexpr std::size_t reserved_place_every = 5;

/// Where no text has this share of the words' ideal score, the question's words hardly stand
/// anywhere, and every second place is kept. In Cranfield and the English XQuAD 95 of 100 questions
/// match better, so that they lose nothing.
constexpr double poor_match = 0.25;
constexpr std::size_t reserved_place_every_when_poor = 2;

/// Below this share the words say next to nothing: four of five places are kept, not the first.
constexpr double no_match = 0.15;

/// What is known of a chunk that may be listed.
struct FusionEntry {
    ChunkId chunk = 0;
    std::uint64_t text_key = 0;  ///< Equal for texts that are to be listed once.
    std::optional<double> similarity;
    double word_score = 0;
    std::optional<std::int64_t> rank_vector;   ///< In the list of nearest vectors, from 1.
    std::optional<std::int64_t> rank_keyword;  ///< In the list of best words, from 1.
};

enum class RankBy {
    both,       ///< Words and vectors together.
    words,      ///< The words' score alone.
    similarity  ///< The vectors' alone; entries without a similarity are left out.
};

struct FusionRule {
    RankBy by = RankBy::both;
    /// The word score of a perfect match; null where only the order of the words' list means
    /// anything (then ranks are fused).
    std::optional<double> ideal;
    double dense_weight = 0.5;        ///< Factor of the similarity beside word score / ideal.
    std::optional<double> threshold;  ///< Entries with a lower similarity, or none, are left out.
    std::size_t count = 50;
};

struct RankedEntry {
    FusionEntry entry;
    double score = 0;
    bool reserved = false;  ///< It stands on a place kept for dense hits.
};

/// What words and vectors give to an entry's score.
struct ScoreParts {
    double words = 0;
    double vectors = 0;
};

/// The parts of the score of an entry that stands on no reserved place; their sum is the score.
ScoreParts score_parts(const FusionEntry& entry, const FusionRule& rule);

/// The ranking, at most `count` entries with distinct text keys. Scores never increase; equal
/// scores are ordered by chunk id, lower first, but for reserved places, whose hits take the score
/// of the hit before them. The first k entries are those for a count of k.
///
/// With both: score = word_score / ideal + dense_weight * similarity (nothing for a part that is
/// absent), or, without an ideal, the sum of 1 / (rank_fusion_k + rank) over the two lists.
std::vector<RankedEntry> fuse(std::vector<FusionEntry> entries, const FusionRule& rule);

}  // namespace rag::memory

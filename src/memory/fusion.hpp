#pragma once

#include "rag/document.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// From two lists of candidates to one ranking. Pure.
namespace rag::memory {

/// Reciprocal rank fusion's damping (Cormack, Clarke, Büttcher: "Reciprocal rank fusion outperforms
/// Condorcet and individual rank learning methods", SIGIR 2009).
constexpr double rank_fusion_k = 60;

/// How well the words of a question stand in the text that holds most of them.
struct WordMatch {
    double share = 0;  ///< Of the words' ideal score.
    double words = 0;  ///< The share times the question's words: as many whole words it comes to.
};

/// Where a question and its answer differ in their words, places kept for the best dense hits that
/// are not listed yet are how the answer gets into the list; where the words match, such places
/// only push out what is better. So the worse the match, the more places are kept: a match belongs
/// to the first bound that it is under in both parts. The share alone would misjudge long
/// questions, of which the best text holds a small share, the words alone the short ones, where a
/// single word that is found comes to half a word.
struct ReservedPlaces {
    WordMatch below;
    bool (*is_reserved)(std::size_t place);  ///< Places count from 1.
};
constexpr std::array<ReservedPlaces, 3> reserved_places{{
    // Less than one word of the question stands anywhere: the vectors lead.
    {{0.2, 0.65}, [](std::size_t place) { return place % 5 != 0; }},
    {{0.3, 1.0}, [](std::size_t place) { return place % 2 == 0; }},
    {{1.0, 1.5}, [](std::size_t place) { return place % 5 == 0; }},
}};

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
    std::size_t words = 0;            ///< That the ideal sums over.
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
/// of what follows where that is higher. The first k entries are those for a count of k.
///
/// With both: score = word_score / ideal + dense_weight * similarity (nothing for a part that is
/// absent), or, without an ideal, the sum of 1 / (rank_fusion_k + rank) over the two lists.
std::vector<RankedEntry> fuse(std::vector<FusionEntry> entries, const FusionRule& rule);

}  // namespace rag::memory

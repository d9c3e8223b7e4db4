#include "memory/fusion.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace rag::memory {
namespace {

double rank_part(const std::optional<std::int64_t>& rank) {
    return rank ? 1.0 / (rank_fusion_k + static_cast<double>(*rank)) : 0.0;
}

double words_part(const FusionEntry& entry, const FusionRule& rule) {
    return *rule.ideal > 0 ? entry.word_score / *rule.ideal : entry.word_score;
}

double score_of(const FusionEntry& entry, const FusionRule& rule) {
    const ScoreParts parts = score_parts(entry, rule);
    return parts.words + parts.vectors;
}

bool is_listable(const FusionEntry& entry, const FusionRule& rule) {
    if (rule.by == RankBy::similarity && !entry.similarity) {
        return false;
    }
    return !rule.threshold || (entry.similarity && *entry.similarity >= *rule.threshold);
}

/// Scored, best first, each text once: of equal texts the one that stands first represents all.
std::vector<RankedEntry> rank(std::vector<FusionEntry>& entries, const FusionRule& rule) {
    std::vector<RankedEntry> ranked;
    ranked.reserve(entries.size());
    for (FusionEntry& entry : entries) {
        if (is_listable(entry, rule)) {
            const double score = score_of(entry, rule);
            ranked.push_back({std::move(entry), score, false});
        }
    }
    std::sort(ranked.begin(), ranked.end(), [](const RankedEntry& a, const RankedEntry& b) {
        return a.score != b.score ? a.score > b.score : a.entry.chunk < b.entry.chunk;
    });
    std::unordered_set<std::uint64_t> seen;
    std::erase_if(ranked, [&](const RankedEntry& candidate) {
        return !seen.insert(candidate.entry.text_key).second;
    });
    return ranked;
}

/// Places in `ranked` by similarity, best first. What is not similar at all earns no place.
std::vector<std::size_t> order_by_similarity(const std::vector<RankedEntry>& ranked) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        if (ranked[i].entry.similarity.value_or(0) > 0) {
            order.push_back(i);
        }
    }
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const FusionEntry& left = ranked[a].entry;
        const FusionEntry& right = ranked[b].entry;
        return *left.similarity != *right.similarity ? *left.similarity > *right.similarity
                                                     : left.chunk < right.chunk;
    });
    return order;
}

WordMatch best_match(const std::vector<RankedEntry>& ranked, const FusionRule& rule) {
    double share = 0;
    for (const RankedEntry& candidate : ranked) {
        share = std::max(share, words_part(candidate.entry, rule));
    }
    return {share, share * static_cast<double>(rule.words)};
}

bool keeps_none(std::size_t /*place*/) {
    return false;
}

/// Which places are kept. Ranks say nothing of how well words match: the last bound is theirs.
auto choose_reserved(const std::vector<RankedEntry>& ranked, const FusionRule& rule) {
    if (!rule.ideal) {
        return reserved_places.back().is_reserved;
    }
    const WordMatch match = best_match(ranked, rule);
    for (const ReservedPlaces& places : reserved_places) {
        if (match.share < places.below.share && match.words < places.below.words) {
            return places.is_reserved;
        }
    }
    return &keeps_none;
}

}  // namespace

ScoreParts score_parts(const FusionEntry& entry, const FusionRule& rule) {
    switch (rule.by) {
        case RankBy::similarity: return {0, entry.similarity.value_or(0)};
        case RankBy::words:
            return {rule.ideal ? words_part(entry, rule) : rank_part(entry.rank_keyword), 0};
        case RankBy::both: break;
    }
    if (!rule.ideal) {
        return {rank_part(entry.rank_keyword), rank_part(entry.rank_vector)};
    }
    return {words_part(entry, rule), rule.dense_weight * entry.similarity.value_or(0)};
}

std::vector<RankedEntry> fuse(std::vector<FusionEntry> entries, const FusionRule& rule) {
    std::vector<RankedEntry> ranked = rank(entries, rule);
    if (rule.by != RankBy::both) {
        ranked.resize(std::min(ranked.size(), rule.count));
        return ranked;
    }
    const std::vector<std::size_t> dense = order_by_similarity(ranked);
    const auto is_reserved = choose_reserved(ranked, rule);
    std::vector<bool> listed(ranked.size(), false);
    std::vector<RankedEntry> list;
    const std::size_t count = std::min(ranked.size(), rule.count);
    list.reserve(count);
    std::size_t next_fused = 0;
    std::size_t next_dense = 0;
    while (list.size() < count) {
        while (next_dense < dense.size() && listed[dense[next_dense]]) {
            ++next_dense;
        }
        while (listed[next_fused]) {
            ++next_fused;
        }
        const bool reserved = is_reserved(list.size() + 1) && next_dense < dense.size();
        const std::size_t taken = reserved ? dense[next_dense] : next_fused;
        listed[taken] = true;
        // The best of all that is not listed yet: a reserved hit may stand before better ones.
        list.push_back({ranked[taken].entry, ranked[next_fused].score, reserved});
    }
    return list;
}

}  // namespace rag::memory

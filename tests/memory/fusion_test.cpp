#include "memory/fusion.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <set>

using namespace rag;
using namespace rag::memory;

namespace {

FusionEntry entry(ChunkId chunk, double words, std::optional<double> similarity) {
    FusionEntry made;
    made.chunk = chunk;
    made.text_key = static_cast<std::uint64_t>(chunk);
    made.word_score = words;
    made.similarity = similarity;
    return made;
}

std::vector<ChunkId> ids(const std::vector<RankedEntry>& ranked) {
    std::vector<ChunkId> list;
    for (const RankedEntry& one : ranked) {
        list.push_back(one.entry.chunk);
    }
    return list;
}

FusionRule rule_with(double ideal, std::size_t count, std::size_t words = 1) {
    FusionRule rule;
    rule.ideal = ideal;
    rule.words = words;
    rule.count = count;
    return rule;
}

}  // namespace

TEST_CASE("fusion: a score is the words' share of the ideal plus the weighted similarity") {
    const auto ranked =
        fuse({entry(1, 5, 0.2), entry(2, 0, 0.9), entry(3, 8, {})}, rule_with(10, 50));
    REQUIRE(ids(ranked) == std::vector<ChunkId>{3, 1, 2});
    CHECK(ranked[0].score == doctest::Approx(0.8));
    CHECK(ranked[1].score == doctest::Approx(0.6));
    CHECK(ranked[2].score == doctest::Approx(0.45));
}

TEST_CASE("fusion: the parts of a score add up to it, and a reserved place is marked") {
    std::vector<FusionEntry> entries;
    for (ChunkId id = 1; id <= 9; ++id) {
        entries.push_back(
            entry(id, 10.0 - static_cast<double>(id), 0.01 * static_cast<double>(id)));
    }
    entries.push_back(entry(20, 0, 0.7));
    const FusionRule rule = rule_with(10, 50);
    const auto ranked = fuse(entries, rule);
    for (const RankedEntry& one : ranked) {
        const ScoreParts parts = score_parts(one.entry, rule);
        CHECK((one.reserved || one.score == parts.words + parts.vectors));
    }
    CHECK(ranked[4].entry.chunk == 20);
    CHECK(ranked[4].reserved);
    CHECK_FALSE(ranked[3].reserved);
    CHECK(score_parts(entry(1, 5, 0.2), rule).words == doctest::Approx(0.5));
    CHECK(score_parts(entry(1, 5, 0.2), rule).vectors == doctest::Approx(0.1));
}

TEST_CASE("fusion: every fifth place goes to the best dense hit not yet listed") {
    std::vector<FusionEntry> entries;
    for (ChunkId id = 1; id <= 9; ++id) {
        entries.push_back(entry(id, 10.0 - static_cast<double>(id), 0.0));
    }
    entries.push_back(entry(20, 0, 0.7));
    entries.push_back(entry(21, 0, 0.8));
    const auto ranked = fuse(entries, rule_with(10, 50));
    CHECK(ids(ranked) == std::vector<ChunkId>{1, 2, 3, 4, 21, 5, 6, 20, 7, 8, 9});
    CHECK(ranked[4].score == ranked[5].score);
}

TEST_CASE("fusion: the worse the words match, the more places dense hits have") {
    std::vector<FusionEntry> entries;
    for (ChunkId id = 1; id <= 9; ++id) {
        entries.push_back(entry(id, 10.0 - static_cast<double>(id), 0.0));
    }
    for (ChunkId id = 20; id <= 25; ++id) {
        entries.push_back(entry(id, 0, 0.001 * static_cast<double>(id)));
    }
    const auto listed = [&](double ideal, std::size_t words) {
        return ids(fuse(entries, rule_with(ideal, 7, words)));
    };
    // The best text holds 9 of the ideal.
    CHECK(listed(90, 6) == std::vector<ChunkId>{25, 24, 23, 22, 1, 21, 20});
    CHECK(listed(90, 7) == std::vector<ChunkId>{1, 25, 2, 24, 3, 23, 4});
    CHECK(listed(90, 10) == std::vector<ChunkId>{1, 2, 3, 4, 25, 5, 6});
    CHECK(listed(90, 15) == std::vector<ChunkId>{1, 2, 3, 4, 5, 6, 7});
    CHECK(listed(36, 3) == std::vector<ChunkId>{1, 25, 2, 24, 3, 23, 4});
    CHECK(listed(20, 1) == std::vector<ChunkId>{1, 2, 3, 4, 25, 5, 6});
    const auto ranked = fuse(entries, rule_with(90, 7, 6));
    CHECK(ranked[0].reserved);
    CHECK(ranked[0].score == ranked[4].score);            // Raised to that of the best by words.
    CHECK(ranked[6].score == doctest::Approx(8.0 / 90));  // As the next by words has.
}

TEST_CASE("fusion: where no word is found the scores are those of the similarities") {
    const auto ranked =
        fuse({entry(1, 0, 0.2), entry(2, 0, 0.9), entry(3, 0, 0.5)}, rule_with(20, 3, 4));
    REQUIRE(ids(ranked) == std::vector<ChunkId>{2, 3, 1});
    CHECK(ranked[0].score == doctest::Approx(0.45));
    CHECK(ranked[1].score == doctest::Approx(0.25));
    CHECK(ranked[2].score == doctest::Approx(0.1));
}

TEST_CASE("fusion: equal texts are listed once, the best of them") {
    FusionEntry twin = entry(7, 3, 0.1);
    twin.text_key = 1;
    CHECK(ids(fuse({entry(1, 2, 0.1), twin, entry(2, 1, 0.1)}, rule_with(10, 50))) ==
          std::vector<ChunkId>{7, 2});
}

TEST_CASE("fusion: a threshold drops what is less similar or has no similarity") {
    FusionRule rule = rule_with(10, 50);
    rule.threshold = 0.3;
    CHECK(ids(fuse({entry(1, 9, {}), entry(2, 8, 0.2), entry(3, 1, 0.3)}, rule)) ==
          std::vector<ChunkId>{3});
}

TEST_CASE("fusion: without an ideal the ranks are fused") {
    FusionEntry both = entry(1, 1, 0.5);
    both.rank_keyword = 2;
    both.rank_vector = 2;
    FusionEntry words = entry(2, 9, {});
    words.rank_keyword = 1;
    FusionEntry dense = entry(3, 0, 0.9);
    dense.rank_vector = 1;
    FusionRule rule;
    CHECK(ids(fuse({both, words, dense}, rule)) == std::vector<ChunkId>{1, 2, 3});
    CHECK(fuse({both}, rule)[0].score == doctest::Approx(2.0 / 62));
}

TEST_CASE("fusion: by similarity alone the score is the similarity") {
    FusionRule rule = rule_with(10, 50);
    rule.by = RankBy::similarity;
    const auto ranked = fuse({entry(1, 9, 0.1), entry(2, 0, 0.4), entry(3, 9, {})}, rule);
    CHECK(ids(ranked) == std::vector<ChunkId>{2, 1});
    CHECK(ranked[0].score == 0.4);
}

TEST_CASE(
    "fusion: scores never increase and a shorter list begins a longer one, whatever comes in") {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> unit(0, 1);
    for (int round = 0; round < 200; ++round) {
        std::vector<FusionEntry> entries;
        const int size = static_cast<int>(random() % 120);
        for (int i = 0; i < size; ++i) {
            const bool similar = unit(random) < 0.7;
            FusionEntry one =
                entry(i + 1, std::floor(unit(random) * 4),
                      similar ? std::optional(unit(random) * 1.2 - 0.2) : std::nullopt);
            one.text_key = random() % 100;
            entries.push_back(one);
        }
        // One that holds most of the question, so that every fifth place is kept and no more.
        entries.push_back(entry(size + 1, 3, 0.5));
        const auto full = fuse(entries, rule_with(unit(random) < 0.1 ? 0 : 4, 50));
        std::set<std::uint64_t> keys;
        for (std::size_t i = 0; i < full.size(); ++i) {
            REQUIRE(keys.insert(full[i].entry.text_key).second);
            REQUIRE((i == 0 || full[i].score <= full[i - 1].score));
            const bool reserved = i % 5 == 4 || i % 5 == 0;
            REQUIRE((i == 0 || reserved || full[i].score < full[i - 1].score ||
                     full[i].entry.chunk > full[i - 1].entry.chunk));
        }
    }
    std::vector<FusionEntry> entries;
    for (int i = 0; i < 80; ++i) {
        entries.push_back(entry(i + 1, unit(random) * 4, unit(random)));
    }
    for (const double ideal : {4.0, 16.0, 40.0}) {
        const auto full = fuse(entries, rule_with(ideal, 80, 6));
        for (std::size_t limit = 1; limit <= 80; ++limit) {
            const auto part = fuse(entries, rule_with(ideal, limit, 6));
            REQUIRE(part.size() == limit);
            for (std::size_t i = 0; i < limit; ++i) {
                REQUIRE(part[i].entry.chunk == full[i].entry.chunk);
                REQUIRE(part[i].score == full[i].score);
            }
        }
    }
}

#pragma once

#include "random.hpp"
#include "token_bags.hpp"
#include "trainer.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

namespace rag::training {

struct BatchPair {
    std::span<const BagEntry> left;
    std::span<const BagEntry> right;
    std::span<const float> taught;  ///< Not empty: the right side's vector, which stays.
};

/// Batches made of blocks: the pairs of a block come from one source, so that the texts that a pair
/// is told from are of its own kind, and from different groups, so that none of them says the same.
/// A source is drawn as often as it has pairs, times its weight; its pairs come in an order that is
/// shuffled anew when all have been. A source with too few groups leaves the rest of its block to
/// the next.
class Batches {
public:
    /// All three must outlive the object. Throws Error{invalid_argument} when there is no pair.
    Batches(const std::vector<SourceBags>& sources, const TrainingOptions& options, Random& random);

    std::vector<BatchPair> next();

private:
    struct Deck {
        const SourceBags* source;
        std::vector<std::uint32_t> order;
        std::size_t at = 0;
        double share = 0;
    };

    Deck& draw_deck();
    void append_block(Deck& deck, std::size_t size, std::vector<BatchPair>& batch);

    const TrainingOptions& options_;
    Random& random_;
    std::vector<Deck> decks_;
    double share_ = 0;                          ///< Of all decks together.
    std::unordered_set<std::uint64_t> groups_;  ///< Of the block in the making.
};

}  // namespace rag::training

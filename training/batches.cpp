#include "batches.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <numeric>

namespace rag::training {

namespace {

BatchPair pair_of(const SourceBags& source, std::size_t pair, std::size_t dimensions) {
    if (source.taught.empty()) {
        return {source.left[pair], source.right[pair], {}};
    }
    return {source.left[pair], {}, std::span(source.taught).subspan(pair * dimensions, dimensions)};
}

}  // namespace

Batches::Batches(const std::vector<SourceBags>& sources, const TrainingOptions& options,
                 Random& random)
    : options_(options), random_(random) {
    for (const SourceBags& source : sources) {
        if (source.groups.empty()) {
            continue;
        }
        Deck& deck = decks_.emplace_back(Deck{&source, {}, 0, 0});
        deck.order.resize(source.groups.size());
        std::iota(deck.order.begin(), deck.order.end(), 0U);
        random_.shuffle(deck.order);
        deck.share = source.weight * static_cast<double>(source.groups.size());
        share_ += deck.share;
    }
    if (share_ <= 0) {
        throw Error(ErrorCode::invalid_argument,
                    "There are no pairs to train on; give a file of pairs that has some.");
    }
}

std::vector<BatchPair> Batches::next() {
    std::vector<BatchPair> batch;
    batch.reserve(options_.batch);
    while (batch.size() < options_.batch) {
        append_block(draw_deck(), std::min(options_.block, options_.batch - batch.size()), batch);
    }
    return batch;
}

Batches::Deck& Batches::draw_deck() {
    double drawn = random_.unit() * share_;
    for (Deck& deck : decks_) {
        drawn -= deck.share;
        if (drawn <= 0) {
            return deck;
        }
    }
    return decks_.back();
}

void Batches::append_block(Deck& deck, std::size_t size, std::vector<BatchPair>& batch) {
    groups_.clear();
    // Twice as many tries as places: what has few groups must not hold up the others.
    for (std::size_t tries = 0; tries < 2 * size && groups_.size() < size; ++tries) {
        if (deck.at == deck.order.size()) {
            random_.shuffle(deck.order);
            deck.at = 0;
        }
        const std::size_t pair = deck.order[deck.at++];
        if (groups_.insert(deck.source->groups[pair]).second) {
            batch.push_back(pair_of(*deck.source, pair, options_.dimensions));
        }
    }
}

}  // namespace rag::training

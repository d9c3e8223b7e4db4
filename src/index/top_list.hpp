#pragma once

#include "rag/search_index.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace rag::index {

/// Whether `a` stands before `b` in a list of candidates.
inline bool ranks_before(const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.chunk < b.chunk;
}

/// Keeps the best `count` of what it is offered.
class TopList {
public:
    explicit TopList(std::size_t count) : count_(count) {}

    /// What a score must reach (not exceed: ties are broken by id) to be worth offering.
    double threshold() const { return threshold_; }

    void offer(const Candidate& candidate) {
        if (candidate.score < threshold_ || count_ == 0) {
            return;
        }
        if (heap_.size() == count_) {
            if (!ranks_before(candidate, heap_.front())) {
                return;
            }
            std::pop_heap(heap_.begin(), heap_.end(), ranks_before);
            heap_.back() = candidate;
        } else {
            heap_.push_back(candidate);
        }
        std::push_heap(heap_.begin(), heap_.end(), ranks_before);
        if (heap_.size() == count_) {
            threshold_ = heap_.front().score;
        }
    }

    std::size_t size() const { return heap_.size(); }

    /// Best first.
    Candidates take() {
        std::sort_heap(heap_.begin(), heap_.end(), ranks_before);
        return std::move(heap_);
    }

private:
    std::size_t count_;
    double threshold_ = -std::numeric_limits<double>::infinity();
    Candidates heap_;  ///< The worst at the front.
};

}  // namespace rag::index

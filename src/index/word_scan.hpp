#pragma once

#include "index/postings.hpp"
#include "index/state.hpp"
#include "index/top_list.hpp"

#include <array>
#include <span>
#include <vector>

namespace rag::index {

/// A term of a query in one segment.
struct ScoredTerm {
    PostingCursor cursor;
    float weight = 0;
};

/// Finds the best chunks of one segment for a sum of term contributions. It goes through the chunks
/// in windows. In each it bounds what every term can contribute there; the terms that together
/// cannot lift a chunk into the list are only looked up for chunks that hold one of the others
/// (MaxScore: Turtle and Flood, "Query evaluation: strategies and optimizations", 1995).
class WordScan {
public:
    WordScan(const Selection& selection, const LengthNorm& norm, std::vector<ScoredTerm>& terms,
             TopList& top);

    void scan();

private:
    static constexpr Local window_size = 1024;

    void scan_range(const LocalRange& range);
    void scan_window(Local begin, Local end);
    void scan_sparse(const LocalRange& range);
    void order_terms();
    Local find_next(Local from);
    void accumulate(std::size_t essential, Local begin, Local end);
    void finish_window(std::size_t essential, Local begin);
    void finish_chunk(std::size_t essential, Local local, double score);
    void offer(Local local, double score);
    float contribution(ScoredTerm& term, Local local) const;

    const Selection& selection_;
    const Segment& segment_;
    const LengthNorm norm_;
    std::vector<ScoredTerm>& terms_;
    TopList& top_;
    std::vector<std::size_t> order_;  ///< Of terms, by bound ascending.
    std::vector<float> bounds_;       ///< Of each term, in the current window.
    std::vector<double> sums_;        ///< Of the bounds of the first terms in the order.
    std::array<double, window_size> scores_{};
    std::array<std::uint64_t, window_size / 64> touched_{};
};

}  // namespace rag::index

#pragma once

#include "index/quantize.hpp"
#include "index/state.hpp"

#include <optional>
#include <span>
#include <vector>

namespace rag::index {

/// How many nodes a walk keeps at least, and for each result that is wanted: what recall costs.
/// With 100 000 clustered vectors of 512 dimensions a walk that keeps 100 gives 99.7 % of a scan's
/// first ten, one that keeps 200 all of them (tests/bench/vector_bench.cpp).
constexpr std::size_t walk_width_min = 200;
constexpr std::size_t walk_width_factor = 2;
/// As much again each time that a graph is twice as large: a walk of one width finds less of more.
constexpr std::size_t walk_width_nodes = 100'000;

/// How many nodes a walk keeps for `count` results in a graph of so many nodes, and `width_min` at
/// least in a small one.
std::size_t walk_width(std::size_t count, std::size_t nodes, std::size_t width_min);

/// The selected chunks with the highest similarity to the query. Where the state has a graph of the
/// space and much is selected, nearly always these; else always.
Candidates find_nearest(const CallContext& context, const State& state,
                        std::span<const Selection> selections, const EmbeddingSpace& space,
                        std::span<const float> query, std::size_t count,
                        std::size_t width_min = walk_width_min);

/// The similarity of one chunk; null where it has no vector of the space.
class SimilarityOf {
public:
    SimilarityOf(const EmbeddingSpace& space, std::span<const float> query)
        : space_(space), query_(prepare_query(query)) {}

    std::optional<double> operator()(const Segment& segment, Local local) const;

private:
    const EmbeddingSpace& space_;
    const QueryCodes query_;
};

}  // namespace rag::index

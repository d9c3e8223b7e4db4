#include "index/vectors.hpp"

#include "base/int8_dot.hpp"
#include "index/graph_walk.hpp"
#include "index/similarity.hpp"
#include "index/top_list.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace rag::index {
namespace {

/// Rows compared before the sums are looked at: small enough for the sums to stay in the cache.
constexpr std::size_t rows_at_once = 512;

/// What a walk costs for each node that it keeps, in rows of a scan; measured as 24 to 31 where
/// everything is selected, and as much more as less is.
constexpr std::size_t walk_cost = 30;
/// A walk that has compared one in so many of the vectors that a scan would is given up.
constexpr std::size_t walk_patience = 2;

class Scan {
public:
    Scan(const QueryCodes& query, TopList& top) : query_(query), top_(top) {}

    void scan(const Selection& selection, const VectorBlock& vectors) {
        segment_ = selection.live->segment.get();
        for (const LocalRange& range : selection.ranges) {
            if (selection.allowed) {
                scan_allowed(*selection.allowed, range, vectors);
            } else {
                scan_all(range, vectors);
            }
        }
    }

private:
    void scan_all(const LocalRange& range, const VectorBlock& vectors) {
        const auto first =
            std::lower_bound(vectors.locals.begin(), vectors.locals.end(), range.begin);
        const auto last = std::lower_bound(first, vectors.locals.end(), range.end);
        auto row = static_cast<std::size_t>(first - vectors.locals.begin());
        const auto end = static_cast<std::size_t>(last - vectors.locals.begin());
        std::array<std::int64_t, rows_at_once> sums;
        while (row < end) {
            const std::size_t count = std::min(rows_at_once, end - row);
            dot_int8_rows(vectors.row(row), query_.codes.data(), vectors.dimensions,
                          std::span(sums).first(count));
            for (std::size_t i = 0; i < count; ++i) {
                offer(sums[i], vectors.scales[row + i], vectors.locals[row + i]);
            }
            row += count;
        }
    }

    void scan_allowed(const Bitmap& allowed, const LocalRange& range, const VectorBlock& vectors) {
        allowed.for_each(range.begin, range.end, [&](std::size_t i) {
            const auto local = static_cast<Local>(i);
            if (const auto row = vectors.find(local)) {
                offer(dot_int8(vectors.row(*row), query_.codes.data(), vectors.dimensions),
                      vectors.scales[*row], local);
            }
        });
    }

    void offer(std::int64_t sum, float scale, Local local) {
        const double score = similarity(sum, scale, query_.scale);
        if (score >= top_.threshold()) {
            top_.offer({segment_->chunk_ids()[local], score, segment_->chunk_row(local).text_key});
        }
    }

    const QueryCodes& query_;
    TopList& top_;
    const Segment* segment_ = nullptr;
};

/// Which selections the graph covers, and what they hold.
struct Covered {
    std::vector<bool> selections;
    std::size_t chunks = 0;
};

Covered find_covered(const Graph& graph, std::span<const Selection> selections) {
    Covered covered;
    for (const Selection& selection : selections) {
        const bool in = graph.find_part(*selection.live->segment).has_value();
        covered.selections.push_back(in);
        covered.chunks += in ? selection.count : 0;
    }
    return covered;
}

/// Offers what a walk finds of the covered selections. False: a scan is cheaper, or has to show
/// that there is no more.
bool walk(const Graph& graph, const QueryCodes& query, std::span<const Selection> selections,
          const Covered& covered, std::size_t count, std::size_t width_min, TopList& top) {
    const std::size_t size = graph.vectors().size();
    if (count == 0 || count > covered.chunks / walk_width_factor) {
        return false;
    }
    const std::size_t width = walk_width(count, size, width_min);
    if (covered.chunks / walk_cost * covered.chunks < width * size) {
        return false;
    }
    GraphWalk walk(graph, query, selections);
    if (!walk.run(width, covered.chunks / walk_patience) || walk.found() < count) {
        return false;
    }
    walk.offer_found(top);
    return true;
}

}  // namespace

std::size_t walk_width(std::size_t count, std::size_t nodes, std::size_t width_min) {
    const auto doublings = static_cast<std::size_t>(std::bit_width(nodes / walk_width_nodes));
    return std::max(count * walk_width_factor, width_min) * std::max<std::size_t>(doublings, 1);
}

Candidates find_nearest(const CallContext& context, const State& state,
                        std::span<const Selection> selections, const EmbeddingSpace& space,
                        std::span<const float> query, std::size_t count, std::size_t width_min) {
    const QueryCodes prepared = prepare_query(query);
    TopList top(count);
    Covered covered;
    if (const Graph* graph = state.find_graph(space)) {
        covered = find_covered(*graph, selections);
        if (!walk(*graph, prepared, selections, covered, count, width_min, top)) {
            covered = {};
        }
    }
    Scan scan(prepared, top);
    for (std::size_t i = 0; i < selections.size(); ++i) {
        const Selection& selection = selections[i];
        if (selection.count == 0 || (!covered.selections.empty() && covered.selections[i])) {
            continue;
        }
        context.check();
        if (const auto vectors = selection.live->segment->vectors(space)) {
            scan.scan(selection, *vectors);
        }
    }
    return top.take();
}

std::optional<double> SimilarityOf::operator()(const Segment& segment, Local local) const {
    const auto vectors = segment.vectors(space_);
    const auto row = vectors ? vectors->find(local) : std::nullopt;
    if (!row) {
        return std::nullopt;
    }
    return similarity(dot_int8(vectors->row(*row), query_.codes.data(), vectors->dimensions),
                      vectors->scales[*row], query_.scale);
}

}  // namespace rag::index

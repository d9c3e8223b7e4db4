#include "index/graph_walk.hpp"

#include "base/int8_dot.hpp"
#include "index/similarity.hpp"

#include <algorithm>

namespace rag::index {
namespace {

constexpr std::size_t line_bytes = 64;

bool lies_in(std::span<const LocalRange> ranges, Local local) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const LocalRange& range) {
        return local >= range.begin && local < range.end;
    });
}

}  // namespace

GraphWalk::GraphWalk(const Graph& graph, const QueryCodes& query,
                     std::span<const Selection> selections)
    : graph_(graph),
      vectors_(graph.vectors()),
      query_(query),
      filters_(graph.vectors().parts().size()),
      met_(graph.vectors().size()) {
    for (const Selection& selection : selections) {
        if (const auto part = graph.find_part(*selection.live->segment)) {
            const bool whole =
                selection.ranges.size() == 1 && selection.ranges.front().begin == 0 &&
                selection.ranges.front().end == selection.live->segment->chunk_count();
            filters_[*part] = {&selection, whole && !selection.allowed};
        }
    }
}

bool GraphWalk::run(std::size_t width, std::size_t comparisons_max) {
    width_ = width;
    take_unmet(graph_.entries());
    while (!ahead_.empty()) {
        const Step step = ahead_.front();
        if (found_.size() >= width_ && step.score < found_.front().score) {
            return true;
        }
        if (comparisons_ > comparisons_max) {
            return false;
        }
        std::pop_heap(ahead_.begin(), ahead_.end(), Worse{});
        ahead_.pop_back();
        if (!ahead_.empty()) {
            graph_.prefetch_links(ahead_.front().node);
        }
        take_unmet(graph_.links(step.node));
    }
    return true;
}

/// Asks for all of them before it looks at the first: memory is what a walk waits for.
void GraphWalk::take_unmet(std::span<const Node> nodes) {
    unmet_.clear();
    const std::size_t bytes = vectors_.dimensions();
    for (const Node node : nodes) {
        if (!met_.test(node)) {
            met_.set(node);
            unmet_.push_back(node);
            const std::int8_t* codes = vectors_.codes(node);
            for (std::size_t at = 0; at < bytes; at += line_bytes) {
                __builtin_prefetch(codes + at);
            }
        }
    }
    for (const Node node : unmet_) {
        consider(node);
    }
}

void GraphWalk::consider(Node node) {
    const VectorSet::Place place = vectors_.place(node);
    const std::int64_t sum =
        dot_int8(vectors_.codes(place), query_.codes.data(), vectors_.dimensions());
    ++comparisons_;
    const double score = similarity(sum, vectors_.scale(place), query_.scale);
    if (!is_worth(score)) {
        return;
    }
    ahead_.push_back({score, node});
    std::push_heap(ahead_.begin(), ahead_.end(), Worse{});
    if (passes(place)) {
        keep(node, score);
    }
    for (Node twin = graph_.twin(node); twin != no_node; twin = graph_.twin(twin)) {
        const VectorSet::Place there = vectors_.place(twin);
        const double same = similarity(sum, vectors_.scale(there), query_.scale);
        ++comparisons_;
        if (passes(there) && is_worth(same)) {
            keep(twin, same);
        }
    }
}

bool GraphWalk::is_worth(double score) const {
    return found_.size() < width_ || score > found_.front().score;
}

void GraphWalk::keep(Node node, double score) {
    if (found_.size() >= width_) {
        std::pop_heap(found_.begin(), found_.end(), Better{});
        found_.pop_back();
    }
    found_.push_back({score, node});
    std::push_heap(found_.begin(), found_.end(), Better{});
}

bool GraphWalk::passes(const VectorSet::Place& place) const {
    const PartFilter& filter = filters_[place.part];
    if (filter.all || filter.selection == nullptr) {
        return filter.all;
    }
    const Local local = vectors_.parts()[place.part].vectors.locals[place.row];
    return (!filter.selection->allowed || filter.selection->allowed->test(local)) &&
           lies_in(filter.selection->ranges, local);
}

void GraphWalk::offer_found(TopList& top) const {
    for (const Step& step : found_) {
        if (step.score < top.threshold()) {
            continue;
        }
        const VectorSet::Place place = vectors_.place(step.node);
        const VectorSet::Part& part = vectors_.parts()[place.part];
        const Local local = part.vectors.locals[place.row];
        top.offer({part.segment->chunk_ids()[local], step.score,
                   part.segment->chunk_row(local).text_key});
    }
}

}  // namespace rag::index

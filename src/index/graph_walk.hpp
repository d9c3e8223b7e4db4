#pragma once

#include "index/graph.hpp"
#include "index/quantize.hpp"
#include "index/state.hpp"
#include "index/top_list.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace rag::index {

/// Finds nodes near a query by going from neighbour to neighbour, best first (algorithm 2 of Malkov
/// and Yashunin, 2016), with a filter of our own: what is not selected is gone through but not
/// kept, so that the walk goes on until it has found enough of what is.
class GraphWalk {
public:
    /// `selections` that the graph does not cover are ignored. All must outlive the walk.
    GraphWalk(const Graph& graph, const QueryCodes& query, std::span<const Selection> selections);

    /// Keeps the `width` best selected nodes that it meets, and ends when nothing nearer is left to
    /// go to. False: it gave up after `comparisons_max` vectors.
    bool run(std::size_t width, std::size_t comparisons_max);

    std::size_t found() const { return found_.size(); }
    void offer_found(TopList& top) const;

private:
    /// What of a part is selected.
    struct PartFilter {
        const Selection* selection = nullptr;  ///< Null: nothing.
        bool all = false;
    };
    struct Step {
        double score = 0;
        Node node = 0;
    };
    struct Better {
        bool operator()(const Step& a, const Step& b) const { return a.score > b.score; }
    };
    struct Worse {
        bool operator()(const Step& a, const Step& b) const { return a.score < b.score; }
    };

    bool passes(const VectorSet::Place& place) const;
    bool is_worth(double score) const;
    void consider(Node node);
    void keep(Node node, double score);
    void take_unmet(std::span<const Node> nodes);

    const Graph& graph_;
    const VectorSet& vectors_;
    const QueryCodes& query_;
    std::vector<PartFilter> filters_;  ///< By part.
    std::size_t width_ = 0;
    std::size_t comparisons_ = 0;
    Bitmap met_;
    std::vector<Node> unmet_;  ///< Of the node that the walk is at.
    std::vector<Step> ahead_;  ///< Heap: the best at the front.
    std::vector<Step> found_;  ///< Heap: the worst at the front.
};

}  // namespace rag::index

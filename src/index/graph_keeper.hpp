#pragma once

#include "index/graph_builder.hpp"
#include "index/state.hpp"
#include "index/vectors.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>

namespace rag::index {

/// From so many vectors of a space on, a graph answers instead of a scan: see GraphKeeper.
constexpr std::size_t graph_vectors_min = 50'000;

struct GraphOptions {
    std::size_t vectors_min = graph_vectors_min;
    std::size_t width_min = walk_width_min;  ///< Of a walk.
    /// A graph is begun when no chunk has come or gone for so long, unless most are not in one.
    std::chrono::milliseconds quiet{std::chrono::seconds(2)};
    /// Where its arrays are kept in a file without a name; empty: in memory.
    std::filesystem::path folder;
};

/// Builds graphs beside the index, a slice at a time, and says when one is due: for a space with
/// many vectors that has none, and when much of what a graph covers is gone or much has come since.
/// Of one thread.
class GraphKeeper {
public:
    explicit GraphKeeper(GraphOptions options) : options_(std::move(options)) {}

    /// Goes on building for about so long. Gives a graph when one is done.
    std::shared_ptr<const Graph> advance(const CallContext& context, const State& state,
                                         std::chrono::milliseconds duration);
    bool is_building() const { return builder_ != nullptr; }
    void stop() { builder_.reset(); }

private:
    std::optional<VectorSet> choose(const State& state);
    bool is_quiet(const State& state);

    const GraphOptions options_;
    std::unique_ptr<GraphBuilder> builder_;
    std::chrono::steady_clock::time_point begun_;
    std::int64_t seen_chunks_ = -1;
    FeedPosition seen_position_;
    std::chrono::steady_clock::time_point quiet_since_;
};

}  // namespace rag::index

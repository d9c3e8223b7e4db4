#include "index/graph_keeper.hpp"

#include "base/log.hpp"
#include "index/files.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace rag::index {
namespace {

/// How much may have come since, and be gone, before a graph is built anew: one in so many.
constexpr std::size_t share_come = 8;
constexpr std::size_t share_gone = 4;
/// Vectors that are inserted before the clock is looked at; some milliseconds.
constexpr std::size_t slice = 32;

/// What a state's graph of a space is worth.
struct Coverage {
    EmbeddingSpace space;
    std::size_t vectors = 0;  ///< Of all segments.
    std::size_t covered = 0;
    std::size_t gone = 0;  ///< In the graph and no more.

    std::size_t outside() const { return vectors - covered; }
};

Coverage measure(const State& state, const EmbeddingSpace& space) {
    Coverage coverage;
    coverage.space = space;
    const Graph* graph = state.find_graph(space);
    for (const LiveSegment& live : state.segments) {
        const auto block = live.segment->vectors(space);
        const std::size_t vectors = block ? block->locals.size() : 0;
        coverage.vectors += vectors;
        if (graph != nullptr && graph->find_part(*live.segment)) {
            coverage.covered += vectors;
            coverage.gone += live.deletions ? live.deletions->list.size() : 0;
        }
    }
    if (graph != nullptr) {
        coverage.gone += graph->vectors().size() - coverage.covered;
    }
    return coverage;
}

std::vector<EmbeddingSpace> list_spaces(const State& state) {
    std::vector<EmbeddingSpace> spaces;
    for (const LiveSegment& live : state.segments) {
        for (const SpaceRow& row : live.segment->spaces()) {
            EmbeddingSpace space = live.segment->space(row);
            if (std::find(spaces.begin(), spaces.end(), space) == spaces.end()) {
                spaces.push_back(std::move(space));
            }
        }
    }
    return spaces;
}

}  // namespace

std::shared_ptr<const Graph> GraphKeeper::advance(const CallContext& context, const State& state,
                                                  std::chrono::milliseconds duration) {
    const auto end = std::chrono::steady_clock::now() + duration;
    if (!builder_) {
        auto chosen = choose(state);
        if (!chosen) {
            return nullptr;
        }
        builder_ = std::make_unique<GraphBuilder>(*std::move(chosen));
        begun_ = std::chrono::steady_clock::now();
    }
    while (builder_->insert(slice)) {
        context.check();
        if (std::chrono::steady_clock::now() >= end) {
            return nullptr;
        }
    }
    SharedBytes bytes = builder_->finish();
    VectorSet vectors = builder_->vectors();
    builder_.reset();
    if (!options_.folder.empty()) {
        bytes = move_to_file(bytes, options_.folder);
    }
    auto graph = std::make_shared<const Graph>(std::move(vectors), std::move(bytes));
    release_free_memory();
    log::info("The search index has a graph of {} vectors in {} MB, made in {} ms.",
              graph->vectors().size(), graph->bytes().size() >> 20,
              std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::steady_clock::now() - begun_)
                  .count());
    return graph;
}

/// What to build a graph of next; nothing when all are good enough, or not yet.
std::optional<VectorSet> GraphKeeper::choose(const State& state) {
    const bool quiet = is_quiet(state);
    for (const EmbeddingSpace& space : list_spaces(state)) {
        const Coverage coverage = measure(state, space);
        if (coverage.vectors < options_.vectors_min) {
            continue;
        }
        const std::size_t come_max = std::max(options_.vectors_min, coverage.vectors) / share_come;
        const bool due = coverage.covered == 0 || coverage.outside() > come_max ||
                         coverage.gone > coverage.vectors / share_gone;
        const bool urgent = coverage.outside() > coverage.vectors / 2;
        if (!due || (!quiet && !urgent)) {
            continue;
        }
        std::vector<std::shared_ptr<const Segment>> segments;
        for (const LiveSegment& live : state.segments) {
            segments.push_back(live.segment);
        }
        return VectorSet(space, std::move(segments));
    }
    return std::nullopt;
}

bool GraphKeeper::is_quiet(const State& state) {
    const auto now = std::chrono::steady_clock::now();
    const std::int64_t chunks = state.live_chunks();
    if (chunks != seen_chunks_ || state.position != seen_position_) {
        seen_chunks_ = chunks;
        seen_position_ = state.position;
        quiet_since_ = now;
    }
    return now - quiet_since_ >= options_.quiet;
}

}  // namespace rag::index

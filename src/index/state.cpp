#include "index/state.hpp"

#include <algorithm>

namespace rag::index {
namespace {

Selection select_collections(const LiveSegment& live, std::span<const CollectionId> collections) {
    Selection selection;
    selection.live = &live;
    const auto& classes = live.segment->classes();
    for (std::size_t i = 0; i < classes.size(); ++i) {
        if (classes[i].begin == classes[i].end || !classes[i].in_any(collections)) {
            continue;
        }
        selection.totals.chunks += live.totals[i].chunks;
        selection.totals.terms += live.totals[i].terms;
        if (!selection.ranges.empty() && selection.ranges.back().end == classes[i].begin) {
            selection.ranges.back().end = classes[i].end;
        } else {
            selection.ranges.push_back({classes[i].begin, classes[i].end});
        }
    }
    return selection;
}

void apply_filter(const MetadataFilter& filter, Selection& selection) {
    const LiveSegment& live = *selection.live;
    selection.count = static_cast<std::size_t>(selection.totals.chunks);
    if (filter.empty() && !live.deletions) {
        return;
    }
    if (!filter.empty() && !live.deletions) {
        selection.allowed = live.segment->find_matching(filter);
    } else {
        auto allowed = std::make_shared<Bitmap>(live.segment->chunk_count());
        if (filter.empty()) {
            allowed->set_range(0, allowed->size());
        } else {
            *allowed = *live.segment->find_matching(filter);
        }
        allowed->subtract(live.deletions->bits);
        selection.allowed = std::move(allowed);
    }
    if (!filter.empty()) {
        selection.count = 0;
        for (const LocalRange& range : selection.ranges) {
            selection.count += selection.allowed->count(range.begin, range.end);
        }
    }
}

}  // namespace

std::int64_t LiveSegment::live_chunks() const {
    std::int64_t sum = 0;
    for (const Totals& part : totals) {
        sum += part.chunks;
    }
    return sum;
}

LiveSegment make_live(std::shared_ptr<const Segment> segment) {
    LiveSegment live;
    for (const ChunkClass& part : segment->classes()) {
        Totals totals;
        totals.chunks = part.end - part.begin;
        for (Local local = part.begin; local < part.end; ++local) {
            totals.terms += segment->lengths()[local];
        }
        live.totals.push_back(totals);
    }
    live.segment = std::move(segment);
    return live;
}

LiveSegment without_chunks(const LiveSegment& live, std::vector<Local> chunks) {
    std::erase_if(chunks, [&](Local local) { return !live.lives(local); });
    if (chunks.empty()) {
        return live;
    }
    LiveSegment result = live;
    auto deletions =
        live.deletions
            ? std::make_shared<Deletions>(*live.deletions)
            : std::make_shared<Deletions>(Deletions{Bitmap(live.segment->chunk_count()), {}});
    const auto& classes = live.segment->classes();
    for (const Local local : chunks) {
        if (deletions->bits.test(local)) {
            continue;
        }
        deletions->bits.set(local);
        deletions->list.push_back(local);
        for (std::size_t i = 0; i < classes.size(); ++i) {
            if (local >= classes[i].begin && local < classes[i].end) {
                result.totals[i].chunks -= 1;
                result.totals[i].terms -= live.segment->lengths()[local];
            }
        }
    }
    std::sort(deletions->list.begin(), deletions->list.end());
    result.deletions = std::move(deletions);
    return result;
}

LiveSegment without_documents(const LiveSegment& live, std::span<const DocumentId> documents) {
    std::vector<Local> chunks;
    for (const DocumentId id : documents) {
        if (const auto document = live.segment->find_document(id)) {
            const DocumentRow& row = live.segment->documents()[*document];
            for (Local i = 0; i < row.chunk_count; ++i) {
                chunks.push_back(row.first_chunk + i);
            }
        }
    }
    return without_chunks(live, std::move(chunks));
}

const Graph* State::find_graph(const EmbeddingSpace& space) const {
    const auto found = std::find_if(graphs.begin(), graphs.end(),
                                    [&](const auto& graph) { return graph->space() == space; });
    return found == graphs.end() ? nullptr : found->get();
}

std::size_t State::size_bytes() const {
    std::size_t sum = 0;
    for (const LiveSegment& live : segments) {
        sum += live.segment->size_bytes();
    }
    for (const auto& graph : graphs) {
        sum += graph->bytes().size();
    }
    return sum;
}

std::size_t State::working_bytes() const {
    std::size_t sum = 0;
    for (const LiveSegment& live : segments) {
        sum += live.segment->working_bytes();
    }
    for (const auto& graph : graphs) {
        sum += graph->bytes().size();
    }
    return sum;
}

std::int64_t State::live_chunks() const {
    std::int64_t sum = 0;
    for (const LiveSegment& live : segments) {
        sum += live.live_chunks();
    }
    return sum;
}

std::optional<Place> find_chunk(const State& state, ChunkId id) {
    for (std::size_t i = 0; i < state.segments.size(); ++i) {
        const LiveSegment& live = state.segments[i];
        const auto local = live.segment->find_chunk(id);
        if (local && live.lives(*local)) {
            return Place{i, *local};
        }
    }
    return std::nullopt;
}

std::vector<Selection> select(const State& state, const SearchScope& scope) {
    std::vector<CollectionId> collections = scope.collections;
    std::sort(collections.begin(), collections.end());
    std::vector<Selection> selections;
    for (const LiveSegment& live : state.segments) {
        Selection selection = select_collections(live, collections);
        if (selection.totals.chunks > 0) {
            apply_filter(scope.filter, selection);
            selections.push_back(std::move(selection));
        }
    }
    return selections;
}

}  // namespace rag::index

#pragma once

#include "index/graph.hpp"
#include "index/segment.hpp"
#include "rag/index_source.hpp"
#include "rag/search_index.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rag::index {

/// Chunks of a segment that are no more.
struct Deletions {
    Bitmap bits;
    std::vector<Local> list;  ///< Ascending.
};

struct Totals {
    std::int64_t chunks = 0;
    std::int64_t terms = 0;  ///< Sum of the chunks' lengths.
};

/// A segment and what of it still counts. A value; an unchanging one.
struct LiveSegment {
    std::shared_ptr<const Segment> segment;
    std::shared_ptr<const Deletions> deletions;  ///< Null: none.
    std::vector<Totals> totals;                  ///< Of what lives, for each class.

    std::int64_t live_chunks() const;
    bool lives(Local local) const { return !deletions || !deletions->bits.test(local); }
};

LiveSegment make_live(std::shared_ptr<const Segment> segment);
/// The same without the chunks of these documents (ascending or not; unknown ones do no harm).
LiveSegment without_documents(const LiveSegment& live, std::span<const DocumentId> documents);
LiveSegment without_chunks(const LiveSegment& live, std::vector<Local> chunks);

/// What one search sees: it does not change while anybody holds it.
struct State {
    std::vector<LiveSegment> segments;
    FeedPosition position;
    /// Collections that are not held because they would not fit; ascending.
    std::vector<CollectionId> excluded;
    /// At most one of a space. They may cover segments that are gone, and leave out new ones.
    std::vector<std::shared_ptr<const Graph>> graphs;

    /// Null when there is none.
    const Graph* find_graph(const EmbeddingSpace& space) const;
    std::size_t size_bytes() const;
    std::size_t working_bytes() const;
    std::int64_t live_chunks() const;
};

struct Place {
    std::size_t segment = 0;
    Local local = 0;
};

/// Where the living chunk is; null when there is none.
std::optional<Place> find_chunk(const State& state, ChunkId id);

struct LocalRange {
    Local begin = 0;
    Local end = 0;
};

/// What of a segment lies under a scope.
struct Selection {
    const LiveSegment* live = nullptr;
    std::vector<LocalRange> ranges;         ///< Of the collections; ascending, apart.
    std::shared_ptr<const Bitmap> allowed;  ///< Of these the ones that count; null: all of them.
    Totals totals;                          ///< Of the collections, whatever the filter.
    std::size_t count = 0;                  ///< Chunks in ranges and allowed.
};

/// For each segment that holds something of the scope's collections.
std::vector<Selection> select(const State& state, const SearchScope& scope);

}  // namespace rag::index

#pragma once

#include "index/blob.hpp"
#include "index/vector_set.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace rag::index {

/// Numbers of the arrays in a graph's blob. Changing their meaning needs a new snapshot version.
enum class GraphSection : std::size_t { link_begins, links, twins, entries };

/// A navigable graph over the vectors of a set, as flat arrays that are read in place. Vectors with
/// the same codes are one node with twins, because a crowd of equal nodes would link among
/// themselves alone. Every node can be reached from the entries. Unchanging: what is gone from the
/// index stays in the graph as a way to others, until it is built anew.
class Graph {
public:
    /// Throws Error{corrupt} where the arrays do not fit the vectors.
    Graph(VectorSet vectors, SharedBytes bytes);

    const VectorSet& vectors() const { return vectors_; }
    const EmbeddingSpace& space() const { return vectors_.space(); }
    std::span<const std::byte> bytes() const { return blob_.bytes(); }

    std::span<const Node> links(Node node) const {
        return links_.subspan(link_begins_[node], link_begins_[node + 1] - link_begins_[node]);
    }
    /// For the processor, before links() are read.
    void prefetch_links(Node node) const { __builtin_prefetch(&link_begins_[node]); }
    /// The next node with the same codes; no_node at the end.
    Node twin(Node node) const { return twins_.empty() ? no_node : twins_[node]; }
    /// Where a walk begins.
    std::span<const Node> entries() const { return entries_; }

    /// The part that the segment is; null when the graph does not cover it.
    std::optional<std::size_t> find_part(const Segment& segment) const;

private:
    VectorSet vectors_;
    Blob blob_;
    std::span<const std::uint32_t> link_begins_;
    std::span<const Node> links_;
    std::span<const Node> twins_;
    std::span<const Node> entries_;
};

}  // namespace rag::index

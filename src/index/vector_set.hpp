#pragma once

#include "index/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace rag::index {

/// Numbers of vectors in a VectorSet.
using Node = std::uint32_t;
constexpr Node no_node = std::numeric_limits<Node>::max();

/// The vectors of one space in some segments, numbered from 0: segment after segment, row after
/// row. Keeps the segments alive; holds no copy of a vector. Unchanging.
class VectorSet {
public:
    struct Part {
        std::shared_ptr<const Segment> segment;
        VectorBlock vectors;
        Node begin = 0;
        Node end = 0;
    };
    struct Place {
        std::size_t part = 0;
        std::size_t row = 0;
    };

    /// Every segment is a part, whether it has vectors of the space or not.
    VectorSet(EmbeddingSpace space, std::vector<std::shared_ptr<const Segment>> segments);

    const EmbeddingSpace& space() const { return space_; }
    std::size_t size() const { return size_; }
    std::size_t dimensions() const { return static_cast<std::size_t>(space_.dimensions); }
    const std::vector<Part>& parts() const { return parts_; }

    Place place(Node node) const {
        std::size_t part = first_parts_[node >> stride_bits];
        while (node >= parts_[part].end) {
            ++part;
        }
        return {part, node - parts_[part].begin};
    }
    const std::int8_t* codes(const Place& place) const {
        return parts_[place.part].vectors.row(place.row);
    }
    float scale(const Place& place) const { return parts_[place.part].vectors.scales[place.row]; }
    const std::int8_t* codes(Node node) const { return codes(place(node)); }

private:
    static constexpr unsigned stride_bits = 10;

    EmbeddingSpace space_;
    std::vector<Part> parts_;
    std::size_t size_ = 0;
    /// Of each run of nodes the part that its first node is in.
    std::vector<std::uint32_t> first_parts_;
};

}  // namespace rag::index

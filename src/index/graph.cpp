#include "index/graph.hpp"

#include "rag/error.hpp"

#include <algorithm>
#include <utility>

namespace rag::index {
namespace {

void require(bool holds) {
    if (!holds) {
        throw Error(ErrorCode::corrupt, "A graph of the search index does not fit its vectors.");
    }
}

template <class T>
std::span<const T> section(const Blob& blob, GraphSection name) {
    return blob.section<T>(static_cast<std::size_t>(name));
}

}  // namespace

Graph::Graph(VectorSet vectors, SharedBytes bytes)
    : vectors_(std::move(vectors)),
      blob_(std::move(bytes)),
      link_begins_(section<std::uint32_t>(blob_, GraphSection::link_begins)),
      links_(section<Node>(blob_, GraphSection::links)),
      twins_(section<Node>(blob_, GraphSection::twins)),
      entries_(section<Node>(blob_, GraphSection::entries)) {
    require(link_begins_.size() == vectors_.size() + 1 && link_begins_.back() == links_.size());
    require(twins_.empty() || twins_.size() == vectors_.size());
    require(std::all_of(entries_.begin(), entries_.end(),
                        [&](Node node) { return node < vectors_.size(); }));
}

std::optional<std::size_t> Graph::find_part(const Segment& segment) const {
    const auto& parts = vectors_.parts();
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const VectorSet::Part& part) {
        return part.segment.get() == &segment;
    });
    if (found == parts.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - parts.begin());
}

}  // namespace rag::index

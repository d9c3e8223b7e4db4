#include "index/vector_set.hpp"

#include "rag/error.hpp"

#include <utility>

namespace rag::index {

VectorSet::VectorSet(EmbeddingSpace space, std::vector<std::shared_ptr<const Segment>> segments)
    : space_(std::move(space)) {
    for (auto& segment : segments) {
        Part part;
        part.vectors = segment->vectors(space_).value_or(VectorBlock{});
        part.begin = static_cast<Node>(size_);
        size_ += part.vectors.locals.size();
        if (size_ >= no_node) {
            throw Error(ErrorCode::internal, "There are too many vectors for one graph.");
        }
        part.end = static_cast<Node>(size_);
        part.segment = std::move(segment);
        parts_.push_back(std::move(part));
    }
    std::uint32_t part = 0;
    for (std::size_t node = 0; node < size_; node += std::size_t{1} << stride_bits) {
        while (node >= parts_[part].end) {
            ++part;
        }
        first_parts_.push_back(part);
    }
}

}  // namespace rag::index

#pragma once

#include "index/segment.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace rag::index {

/// Makes a segment of documents as the source gives them: rounds vectors, cuts texts into terms.
class SegmentBuilder {
public:
    void add(IndexedDocument document);
    /// Chunks added so far.
    std::size_t chunk_count() const { return chunk_count_; }
    /// Leaves the builder empty.
    SharedBytes finish();

private:
    struct PendingVector {
        std::size_t chunk = 0;
        EmbeddingSpace space;
        float scale = 0;
        std::size_t codes_begin = 0;
    };

    struct PendingDocument {
        IndexedDocument document;            ///< Without its vectors;
        std::vector<PendingVector> vectors;  ///< they are here, rounded, in chunk order.
        std::vector<std::int8_t> codes;
    };

    std::vector<PendingDocument> documents_;
    std::size_t chunk_count_ = 0;
};

/// A segment and those of its chunks that are deleted (null: none).
struct MergeInput {
    const Segment* segment = nullptr;
    const Bitmap* deleted = nullptr;
};

struct MergedSegment {
    SharedBytes bytes;
    /// For each input and each of its chunks the number in the merged segment, or no_local.
    std::vector<std::vector<Local>> places;
};

/// One segment of what the inputs hold and is not deleted, without cutting a text again.
MergedSegment merge_segments(std::span<const MergeInput> inputs);

}  // namespace rag::index

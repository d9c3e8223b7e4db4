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
    struct PendingDocument {
        IndexedDocument document;  ///< Its chunks' embeddings are empty;
        std::vector<float> scales;              ///< they are here, rounded: one for each chunk,
        std::vector<std::int8_t> codes;         ///< and those of the chunks that have one.
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

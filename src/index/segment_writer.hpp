#pragma once

#include "index/segment.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rag::index {

/// A chunk as a segment takes it in; what the spans and views name is copied.
struct NewRow {
    ChunkId id = 0;
    std::int64_t chunk_index = 0;
    std::int64_t char_start = no_offset;
    std::int64_t char_end = no_offset;
    std::uint64_t text_key = 0;
    std::string_view content;
    std::string_view heading_path;
    const Metadata* metadata = nullptr;  ///< Null or empty: none of its own.
};

struct NewDocumentRow {
    DocumentId id = 0;
    std::string_view filename;
    std::string_view file_type;
    const Metadata* metadata = nullptr;
    std::span<const CollectionId> collections;  ///< Ascending.
};

/// Writes the arrays of a segment. Order of the calls: documents, those of equal collections after
/// each other; each followed by its chunks, each followed by its vectors; then all terms,
/// ascending.
class SegmentWriter {
public:
    void add_document(const NewDocumentRow& document);
    Local add_chunk(const NewRow& chunk);
    void add_vector(const EmbeddingSpace& space, float scale, std::span<const std::int8_t> codes);
    /// How many terms each chunk has; before the first term.
    void set_lengths(std::vector<std::uint32_t> lengths);
    void add_term(std::string_view term, std::span<const Posting> postings);

    std::size_t chunk_count() const { return ids_.size(); }
    /// Leaves the writer empty.
    SharedBytes finish();

private:
    struct SpaceArrays {
        std::vector<Local> locals;
        std::vector<float> scales;
        std::vector<std::int8_t> codes;
    };

    std::uint32_t add_record(const Metadata& effective);
    void write_classes(BlobWriter& blob);
    void write_tokens(BlobWriter& blob);
    void write_vectors(BlobWriter& blob);
    void write_orders(BlobWriter& blob);

    std::vector<ChunkId> ids_;
    std::vector<ChunkRow> rows_;
    std::string texts_;
    std::vector<DocumentRow> documents_;
    std::string document_texts_;
    Metadata metadata_;        ///< Of the latest document.
    bool has_record_ = false;  ///< Whether that document has a record of its own.
    std::uint32_t record_ = 0;
    std::vector<Local> class_begins_;
    std::vector<std::uint32_t> class_offsets_;
    std::vector<CollectionId> class_collections_;
    std::vector<Local> records_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> tokens_;
    std::map<std::pair<std::string, int>, SpaceArrays> spaces_;
    std::vector<std::uint32_t> lengths_;
    std::vector<std::uint64_t> term_offsets_;
    std::string term_bytes_;
    std::vector<TermRow> term_rows_;
    std::vector<std::byte> postings_;
};

}  // namespace rag::index

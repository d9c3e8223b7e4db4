#pragma once

#include "index/bits.hpp"
#include "index/blob.hpp"
#include "index/postings.hpp"
#include "rag/index_source.hpp"
#include "rag/search_index.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rag::index {

/// Numbers of the arrays in a segment's blob. Changing their meaning needs a new snapshot version.
enum class Section : std::size_t {
    chunk_ids,
    chunk_order,
    chunk_rows,
    lengths,
    texts,
    document_rows,
    document_order,
    document_texts,
    class_begins,
    class_offsets,
    class_collections,
    records,
    tokens,
    token_begins,
    token_records,
    term_offsets,
    term_bytes,
    term_rows,
    postings,
    space_rows,
    space_names,
    vector_locals,
    scales,
    codes,
};

constexpr std::int64_t no_offset = -1;

struct ChunkRow {
    std::uint64_t text_key = 0;
    std::uint64_t text_offset = 0;  ///< Content, heading path, metadata in this order.
    std::int64_t char_start = no_offset;
    std::int64_t char_end = no_offset;
    std::int64_t chunk_index = 0;
    std::uint32_t content_size = 0;
    std::uint32_t heading_size = 0;
    std::uint32_t metadata_size = 0;  ///< 0: none of its own.
    std::uint32_t document = 0;
    std::uint32_t record = 0;  ///< Of the metadata that filters see.
    std::uint32_t unused = 0;
};

struct DocumentRow {
    DocumentId id = 0;
    std::uint64_t text_offset = 0;  ///< Filename, file type, metadata in this order.
    std::uint32_t filename_size = 0;
    std::uint32_t type_size = 0;
    std::uint32_t metadata_size = 0;
    std::uint32_t first_chunk = 0;  ///< Its chunks are next to each other, by chunk_index.
    std::uint32_t chunk_count = 0;
    std::uint32_t unused = 0;
};

struct SpaceRow {
    std::uint64_t vector_begin = 0;  ///< Of its vectors in the arrays of locals and scales.
    std::uint64_t code_begin = 0;
    std::uint32_t vector_count = 0;
    std::uint32_t dimensions = 0;
    std::uint32_t name_begin = 0;
    std::uint32_t name_size = 0;
};

/// The vectors of one space, by the number of their chunk.
struct VectorBlock {
    std::uint32_t dimensions = 0;
    std::span<const Local> locals;  ///< Ascending.
    std::span<const float> scales;
    std::span<const std::int8_t> codes;

    bool dense(std::size_t chunk_count) const { return locals.size() == chunk_count; }
    const std::int8_t* row(std::size_t i) const { return codes.data() + i * dimensions; }
    /// Null when the chunk has no vector of the space.
    std::optional<std::size_t> find(Local local) const;
};

/// A run of chunks of documents that are in the same collections.
struct ChunkClass {
    Local begin = 0;
    Local end = 0;
    std::span<const CollectionId> collections;  ///< Ascending.

    bool in_any(std::span<const CollectionId> sorted) const;
};

/// An unchanging part of the index: some documents with their chunks, vectors, words, texts and
/// metadata, in arrays that are read in place. Chunks are numbered from 0, ordered by the set of
/// collections that they are in. Safe for concurrent use.
class Segment {
public:
    /// Throws Error{corrupt} where the arrays do not fit each other.
    explicit Segment(SharedBytes bytes);

    std::size_t size_bytes() const { return blob_.bytes().size(); }
    /// What it takes of the memory that searches need: in a mapped file texts are read for hits
    /// only.
    std::size_t working_bytes() const {
        return blob_.storage() == ByteStorage::memory
                   ? size_bytes()
                   : size_bytes() - texts_.size() - document_texts_.size();
    }
    std::span<const std::byte> bytes() const { return blob_.bytes(); }
    std::size_t chunk_count() const { return chunk_ids_.size(); }
    std::size_t document_count() const { return document_rows_.size(); }

    std::span<const ChunkId> chunk_ids() const { return chunk_ids_; }
    std::span<const std::uint32_t> lengths() const { return lengths_; }  ///< In terms.
    const ChunkRow& chunk_row(Local local) const { return chunk_rows_[local]; }
    std::span<const DocumentRow> documents() const { return document_rows_; }
    const std::vector<ChunkClass>& classes() const { return classes_; }

    std::optional<Local> find_chunk(ChunkId id) const;
    std::optional<std::uint32_t> find_document(DocumentId id) const;

    std::string_view content(Local local) const;
    std::string_view heading_path(Local local) const;
    std::string_view filename(std::uint32_t document) const;
    std::string_view file_type(std::uint32_t document) const;
    Metadata chunk_metadata(Local local) const;
    Metadata document_metadata(std::uint32_t document) const;
    Passage load(Local local) const;

    std::size_t term_count() const { return term_rows_.size(); }
    std::string_view term(std::size_t number) const;
    const TermRow& term_row(std::size_t number) const { return term_rows_[number]; }
    /// Null when no chunk holds the term.
    const TermRow* find_term(std::string_view term) const;
    const std::byte* postings() const { return postings_.data(); }

    std::span<const SpaceRow> spaces() const { return space_rows_; }
    EmbeddingSpace space(const SpaceRow& row) const;
    VectorBlock vectors(const SpaceRow& row) const;
    std::optional<VectorBlock> vectors(const EmbeddingSpace& space) const;

    /// The chunks whose effective metadata satisfies the filter. Kept for the next searches.
    std::shared_ptr<const Bitmap> find_matching(const MetadataFilter& filter) const;

private:
    friend class FilterSearch;

    struct KnownFilter {
        std::string text;
        std::shared_ptr<const Bitmap> chunks;
    };

    void check() const;

    Blob blob_;
    std::span<const ChunkId> chunk_ids_;
    std::span<const Local> chunk_order_;
    ChunkId first_id_ = 0;  ///< Most segments hold ids that no other holds.
    ChunkId last_id_ = -1;
    std::span<const ChunkRow> chunk_rows_;
    std::span<const std::uint32_t> lengths_;
    std::string_view texts_;
    std::span<const DocumentRow> document_rows_;
    std::span<const std::uint32_t> document_order_;
    std::string_view document_texts_;
    std::vector<ChunkClass> classes_;
    std::span<const Local> records_;  ///< Of each record a chunk that has it.
    std::span<const std::uint64_t> tokens_;
    std::span<const std::uint32_t> token_begins_;
    std::span<const std::uint32_t> token_records_;
    std::span<const std::uint64_t> term_offsets_;
    std::string_view term_bytes_;
    std::span<const TermRow> term_rows_;
    std::span<const std::byte> postings_;
    std::span<const SpaceRow> space_rows_;
    std::string_view space_names_;
    std::span<const Local> vector_locals_;
    std::span<const float> scales_;
    std::span<const std::int8_t> codes_;

    mutable std::mutex filters_mutex_;
    mutable std::list<KnownFilter> filters_;  ///< The latest used first. Guarded by filters_mutex_.
};

}  // namespace rag::index

#include "index/segment.hpp"

#include "rag/error.hpp"

#include <algorithm>

namespace rag::index {
namespace {

std::size_t number(Section section) {
    return static_cast<std::size_t>(section);
}

void require(bool holds) {
    if (!holds) {
        throw Error(ErrorCode::corrupt, "A segment of the search index does not fit together.");
    }
}

Metadata parse_metadata(std::string_view text) {
    return text.empty() ? Metadata::object() : Metadata::parse(text);
}

}  // namespace

std::optional<std::size_t> VectorBlock::find(Local local) const {
    if (local < locals.size() && locals[local] == local) {
        return local;
    }
    const auto found = std::lower_bound(locals.begin(), locals.end(), local);
    if (found == locals.end() || *found != local) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - locals.begin());
}

bool ChunkClass::in_any(std::span<const CollectionId> sorted) const {
    return std::any_of(collections.begin(), collections.end(), [&](CollectionId id) {
        return std::binary_search(sorted.begin(), sorted.end(), id);
    });
}

Segment::Segment(SharedBytes bytes) : blob_(std::move(bytes)) {
    chunk_ids_ = blob_.section<ChunkId>(number(Section::chunk_ids));
    chunk_order_ = blob_.section<Local>(number(Section::chunk_order));
    chunk_rows_ = blob_.section<ChunkRow>(number(Section::chunk_rows));
    lengths_ = blob_.section<std::uint32_t>(number(Section::lengths));
    texts_ = blob_.text(number(Section::texts));
    document_rows_ = blob_.section<DocumentRow>(number(Section::document_rows));
    document_order_ = blob_.section<std::uint32_t>(number(Section::document_order));
    document_texts_ = blob_.text(number(Section::document_texts));
    records_ = blob_.section<Local>(number(Section::records));
    tokens_ = blob_.section<std::uint64_t>(number(Section::tokens));
    token_begins_ = blob_.section<std::uint32_t>(number(Section::token_begins));
    token_records_ = blob_.section<std::uint32_t>(number(Section::token_records));
    term_offsets_ = blob_.section<std::uint64_t>(number(Section::term_offsets));
    term_bytes_ = blob_.text(number(Section::term_bytes));
    term_rows_ = blob_.section<TermRow>(number(Section::term_rows));
    postings_ = blob_.section_bytes(number(Section::postings));
    space_rows_ = blob_.section<SpaceRow>(number(Section::space_rows));
    space_names_ = blob_.text(number(Section::space_names));
    vector_locals_ = blob_.section<Local>(number(Section::vector_locals));
    scales_ = blob_.section<float>(number(Section::scales));
    codes_ = blob_.section<std::int8_t>(number(Section::codes));
    check();
    if (!chunk_order_.empty()) {
        first_id_ = chunk_ids_[chunk_order_.front()];
        last_id_ = chunk_ids_[chunk_order_.back()];
    }
    const auto begins = blob_.section<Local>(number(Section::class_begins));
    const auto offsets = blob_.section<std::uint32_t>(number(Section::class_offsets));
    const auto collections = blob_.section<CollectionId>(number(Section::class_collections));
    require(!begins.empty() && offsets.size() == begins.size());
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
        require(begins[i] <= begins[i + 1] && begins[i + 1] <= chunk_count() &&
                offsets[i] <= offsets[i + 1] && offsets[i + 1] <= collections.size());
        classes_.push_back({begins[i], begins[i + 1],
                            collections.subspan(offsets[i], offsets[i + 1] - offsets[i])});
    }
}

/// The sizes, in case what a checksum protects was written wrong; not each value.
void Segment::check() const {
    const std::size_t chunks = chunk_ids_.size();
    require(chunk_order_.size() == chunks && chunk_rows_.size() == chunks &&
            lengths_.size() == chunks);
    require(document_order_.size() == document_rows_.size());
    require(token_begins_.size() == tokens_.size() + 1 &&
            token_begins_.back() == token_records_.size());
    require(term_offsets_.size() == term_rows_.size() + 1 &&
            term_offsets_.back() == term_bytes_.size());
    require(vector_locals_.size() == scales_.size());
    for (const SpaceRow& row : space_rows_) {
        require(row.vector_begin + row.vector_count <= scales_.size() &&
                row.code_begin + std::uint64_t{row.vector_count} * row.dimensions <=
                    codes_.size() &&
                std::size_t{row.name_begin} + row.name_size <= space_names_.size());
    }
}

std::optional<Local> Segment::find_chunk(ChunkId id) const {
    if (id < first_id_ || id > last_id_) {
        return std::nullopt;
    }
    const auto found =
        std::lower_bound(chunk_order_.begin(), chunk_order_.end(), id,
                         [&](Local local, ChunkId wanted) { return chunk_ids_[local] < wanted; });
    if (found == chunk_order_.end() || chunk_ids_[*found] != id) {
        return std::nullopt;
    }
    return *found;
}

std::optional<std::uint32_t> Segment::find_document(DocumentId id) const {
    const auto found = std::lower_bound(document_order_.begin(), document_order_.end(), id,
                                        [&](std::uint32_t document, DocumentId wanted) {
                                            return document_rows_[document].id < wanted;
                                        });
    if (found == document_order_.end() || document_rows_[*found].id != id) {
        return std::nullopt;
    }
    return *found;
}

std::string_view Segment::content(Local local) const {
    const ChunkRow& row = chunk_rows_[local];
    return texts_.substr(row.text_offset, row.content_size);
}

std::string_view Segment::heading_path(Local local) const {
    const ChunkRow& row = chunk_rows_[local];
    return texts_.substr(row.text_offset + row.content_size, row.heading_size);
}

std::string_view Segment::filename(std::uint32_t document) const {
    const DocumentRow& row = document_rows_[document];
    return document_texts_.substr(row.text_offset, row.filename_size);
}

std::string_view Segment::file_type(std::uint32_t document) const {
    const DocumentRow& row = document_rows_[document];
    return document_texts_.substr(row.text_offset + row.filename_size, row.type_size);
}

Metadata Segment::chunk_metadata(Local local) const {
    const ChunkRow& row = chunk_rows_[local];
    return parse_metadata(
        texts_.substr(row.text_offset + row.content_size + row.heading_size, row.metadata_size));
}

Metadata Segment::document_metadata(std::uint32_t document) const {
    const DocumentRow& row = document_rows_[document];
    return parse_metadata(document_texts_.substr(
        row.text_offset + row.filename_size + row.type_size, row.metadata_size));
}

Passage Segment::load(Local local) const {
    const ChunkRow& row = chunk_rows_[local];
    Passage passage;
    passage.chunk.id = chunk_ids_[local];
    passage.chunk.document_id = document_rows_[row.document].id;
    passage.chunk.chunk_index = row.chunk_index;
    passage.chunk.content = content(local);
    if (row.char_start != no_offset) {
        passage.chunk.char_start = row.char_start;
    }
    if (row.char_end != no_offset) {
        passage.chunk.char_end = row.char_end;
    }
    passage.chunk.heading_path = heading_path(local);
    passage.chunk.metadata = chunk_metadata(local);
    passage.filename = filename(row.document);
    passage.file_type = file_type(row.document);
    passage.document_metadata = document_metadata(row.document);
    return passage;
}

std::string_view Segment::term(std::size_t i) const {
    return term_bytes_.substr(term_offsets_[i], term_offsets_[i + 1] - term_offsets_[i]);
}

const TermRow* Segment::find_term(std::string_view wanted) const {
    std::size_t low = 0;
    std::size_t high = term_rows_.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (term(middle) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < term_rows_.size() && term(low) == wanted ? &term_rows_[low] : nullptr;
}

EmbeddingSpace Segment::space(const SpaceRow& row) const {
    return {std::string(space_names_.substr(row.name_begin, row.name_size)),
            static_cast<int>(row.dimensions)};
}

VectorBlock Segment::vectors(const SpaceRow& row) const {
    return {row.dimensions, vector_locals_.subspan(row.vector_begin, row.vector_count),
            scales_.subspan(row.vector_begin, row.vector_count),
            codes_.subspan(row.code_begin, std::size_t{row.vector_count} * row.dimensions)};
}

std::optional<VectorBlock> Segment::vectors(const EmbeddingSpace& wanted) const {
    for (const SpaceRow& row : space_rows_) {
        if (static_cast<int>(row.dimensions) == wanted.dimensions &&
            space_names_.substr(row.name_begin, row.name_size) == wanted.model) {
            return vectors(row);
        }
    }
    return std::nullopt;
}

}  // namespace rag::index

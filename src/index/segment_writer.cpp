#include "index/segment_writer.hpp"

#include "base/hash.hpp"
#include "index/filters.hpp"

#include <algorithm>
#include <numeric>

namespace rag::index {
namespace {

std::size_t number(Section section) {
    return static_cast<std::size_t>(section);
}

std::uint32_t narrow(std::size_t size) {
    return static_cast<std::uint32_t>(size);
}

std::string dump(const Metadata& metadata) {
    return metadata.dump(-1, ' ', false, Metadata::error_handler_t::replace);
}

/// Adds an array and gives its memory back, so that a large segment is not held twice.
template <class Array>
void move_into(BlobWriter& blob, Section section, Array& values) {
    if constexpr (std::is_same_v<Array, std::string>) {
        blob.add(number(section), std::string_view(values));
    } else {
        blob.add(number(section), values);
    }
    Array().swap(values);
}

}  // namespace

void SegmentWriter::add_document(const NewDocumentRow& document) {
    const bool same_class =
        !class_begins_.empty() &&
        std::equal(document.collections.begin(), document.collections.end(),
                   class_collections_.begin() + class_offsets_.back(), class_collections_.end());
    if (!same_class) {
        class_begins_.push_back(narrow(ids_.size()));
        class_offsets_.push_back(narrow(class_collections_.size()));
        class_collections_.insert(class_collections_.end(), document.collections.begin(),
                                  document.collections.end());
    }
    metadata_ = document.metadata != nullptr ? *document.metadata : Metadata::object();
    has_record_ = false;
    const std::string metadata = metadata_.empty() ? std::string() : dump(metadata_);
    DocumentRow row;
    row.id = document.id;
    row.text_offset = document_texts_.size();
    row.filename_size = narrow(document.filename.size());
    row.type_size = narrow(document.file_type.size());
    row.metadata_size = narrow(metadata.size());
    row.first_chunk = narrow(ids_.size());
    documents_.push_back(row);
    document_texts_.append(document.filename).append(document.file_type).append(metadata);
}

Local SegmentWriter::add_chunk(const NewRow& chunk) {
    const auto local = narrow(ids_.size());
    ids_.push_back(chunk.id);
    ChunkRow row;
    row.text_key = chunk.text_key;
    row.text_offset = texts_.size();
    row.char_start = chunk.char_start;
    row.char_end = chunk.char_end;
    row.chunk_index = chunk.chunk_index;
    row.content_size = narrow(chunk.content.size());
    row.heading_size = narrow(chunk.heading_path.size());
    row.document = narrow(documents_.size() - 1);
    texts_.append(chunk.content).append(chunk.heading_path);
    if (chunk.metadata != nullptr && !chunk.metadata->empty()) {
        const std::string metadata = dump(*chunk.metadata);
        row.metadata_size = narrow(metadata.size());
        texts_.append(metadata);
        row.record = add_record(effective_metadata(metadata_, *chunk.metadata));
    } else {
        if (!has_record_) {
            record_ = add_record(metadata_);
            has_record_ = true;
        }
        row.record = record_;
    }
    rows_.push_back(row);
    ++documents_.back().chunk_count;
    return local;
}

/// For the chunk that is being added.
std::uint32_t SegmentWriter::add_record(const Metadata& effective) {
    const auto record = narrow(records_.size());
    records_.push_back(narrow(ids_.size() - 1));
    for (std::string& token : list_tokens(effective)) {
        std::vector<std::uint32_t>& holders = tokens_[std::move(token)];
        if (holders.empty() || holders.back() != record) {
            holders.push_back(record);
        }
    }
    return record;
}

void SegmentWriter::add_vector(const EmbeddingSpace& space, float scale,
                               std::span<const std::int8_t> codes) {
    SpaceArrays& arrays = spaces_[{space.model, space.dimensions}];
    arrays.locals.push_back(narrow(ids_.size() - 1));
    arrays.scales.push_back(scale);
    arrays.codes.insert(arrays.codes.end(), codes.begin(), codes.end());
}

void SegmentWriter::set_lengths(std::vector<std::uint32_t> lengths) {
    lengths_ = std::move(lengths);
}

void SegmentWriter::add_term(std::string_view term, std::span<const Posting> postings) {
    term_offsets_.push_back(term_bytes_.size());
    term_bytes_.append(term);
    term_rows_.push_back(write_postings(postings, lengths_, postings_));
}

SharedBytes SegmentWriter::finish() {
    BlobWriter blob;
    std::size_t codes = 0;
    for (const auto& [space, arrays] : spaces_) {
        codes += arrays.codes.size() + arrays.locals.size() * 8;
    }
    blob.expect_bytes(codes + texts_.size() + document_texts_.size() + postings_.size() +
                      term_bytes_.size() + term_rows_.size() * 32 + documents_.size() * 52 +
                      ids_.size() * 96);
    write_orders(blob);
    write_classes(blob);
    write_vectors(blob);
    move_into(blob, Section::chunk_ids, ids_);
    move_into(blob, Section::chunk_rows, rows_);
    move_into(blob, Section::lengths, lengths_);
    move_into(blob, Section::texts, texts_);
    move_into(blob, Section::document_rows, documents_);
    move_into(blob, Section::document_texts, document_texts_);
    move_into(blob, Section::records, records_);
    write_tokens(blob);
    term_offsets_.push_back(term_bytes_.size());
    move_into(blob, Section::term_offsets, term_offsets_);
    move_into(blob, Section::term_bytes, term_bytes_);
    move_into(blob, Section::term_rows, term_rows_);
    postings_.resize(postings_.size() + unpack_slack_bytes);
    move_into(blob, Section::postings, postings_);
    return blob.finish();
}

void SegmentWriter::write_orders(BlobWriter& blob) {
    std::vector<Local> chunks(ids_.size());
    std::iota(chunks.begin(), chunks.end(), Local{0});
    std::sort(chunks.begin(), chunks.end(), [&](Local a, Local b) { return ids_[a] < ids_[b]; });
    blob.add(number(Section::chunk_order), chunks);
    std::vector<std::uint32_t> documents(documents_.size());
    std::iota(documents.begin(), documents.end(), 0U);
    std::sort(documents.begin(), documents.end(), [&](std::uint32_t a, std::uint32_t b) {
        return documents_[a].id < documents_[b].id;
    });
    blob.add(number(Section::document_order), documents);
}

void SegmentWriter::write_classes(BlobWriter& blob) {
    class_begins_.push_back(narrow(ids_.size()));
    class_offsets_.push_back(narrow(class_collections_.size()));
    move_into(blob, Section::class_begins, class_begins_);
    move_into(blob, Section::class_offsets, class_offsets_);
    move_into(blob, Section::class_collections, class_collections_);
}

void SegmentWriter::write_tokens(BlobWriter& blob) {
    std::vector<std::pair<std::uint64_t, const std::vector<std::uint32_t>*>> sorted;
    sorted.reserve(tokens_.size());
    for (const auto& [token, holders] : tokens_) {
        sorted.emplace_back(hash64(token), &holders);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::uint64_t> hashes;
    std::vector<std::uint32_t> begins;
    std::vector<std::uint32_t> records;
    for (const auto& [hash, holders] : sorted) {
        hashes.push_back(hash);
        begins.push_back(narrow(records.size()));
        records.insert(records.end(), holders->begin(), holders->end());
    }
    begins.push_back(narrow(records.size()));
    blob.add(number(Section::tokens), hashes);
    blob.add(number(Section::token_begins), begins);
    blob.add(number(Section::token_records), records);
    tokens_.clear();
}

void SegmentWriter::write_vectors(BlobWriter& blob) {
    std::vector<SpaceRow> rows;
    std::string names;
    std::vector<Local> locals;
    std::vector<float> scales;
    std::size_t codes_size = 0;
    for (const auto& [space, arrays] : spaces_) {
        SpaceRow row;
        row.vector_begin = locals.size();
        row.code_begin = codes_size;
        row.vector_count = narrow(arrays.locals.size());
        row.dimensions = static_cast<std::uint32_t>(space.second);
        row.name_begin = narrow(names.size());
        row.name_size = narrow(space.first.size());
        rows.push_back(row);
        names += space.first;
        locals.insert(locals.end(), arrays.locals.begin(), arrays.locals.end());
        scales.insert(scales.end(), arrays.scales.begin(), arrays.scales.end());
        codes_size += arrays.codes.size();
    }
    blob.add(number(Section::space_rows), rows);
    blob.add(number(Section::space_names), std::string_view(names));
    blob.add(number(Section::vector_locals), locals);
    blob.add(number(Section::scales), scales);
    const auto room = blob.reserve(number(Section::codes), codes_size);
    std::size_t at = 0;
    for (auto& [space, arrays] : spaces_) {
        if (!arrays.codes.empty()) {
            std::memcpy(room.data() + at, arrays.codes.data(), arrays.codes.size());
        }
        at += arrays.codes.size();
        std::vector<std::int8_t>().swap(arrays.codes);
    }
    spaces_.clear();
}

}  // namespace rag::index

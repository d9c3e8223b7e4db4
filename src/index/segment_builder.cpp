#include "index/segment_builder.hpp"

#include "index/quantize.hpp"
#include "index/segment_writer.hpp"
#include "text/chunk.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace rag::index {
namespace {

struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

/// Collects (term, posting) pairs chunk by chunk, and gives them to the writer term by term.
class TermCollector {
public:
    void add_chunk(Local local, const std::vector<std::string>& terms) {
        lengths_.push_back(static_cast<std::uint32_t>(terms.size()));
        numbers_.clear();
        for (const std::string& term : terms) {
            const auto known = vocabulary_.find(std::string_view(term));
            const auto number = static_cast<std::uint32_t>(vocabulary_.size());
            numbers_.push_back(known != vocabulary_.end()
                                   ? known->second
                                   : vocabulary_.emplace(term, number).first->second);
        }
        std::sort(numbers_.begin(), numbers_.end());
        for (std::size_t i = 0; i < numbers_.size();) {
            std::size_t end = i + 1;
            while (end < numbers_.size() && numbers_[end] == numbers_[i]) {
                ++end;
            }
            entries_.push_back({numbers_[i], {local, static_cast<std::uint32_t>(end - i)}});
            i = end;
        }
    }

    void write(SegmentWriter& writer) {
        writer.set_lengths(std::move(lengths_));
        // Counting sort by term; chunks stay in order within one.
        std::vector<std::size_t> begins(vocabulary_.size() + 1);
        for (const Entry& entry : entries_) {
            ++begins[entry.term + 1];
        }
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        std::vector<Posting> postings(entries_.size());
        std::vector<std::size_t> ends = begins;
        for (const Entry& entry : entries_) {
            postings[ends[entry.term]++] = entry.posting;
        }
        std::vector<std::pair<std::string_view, std::uint32_t>> sorted;
        sorted.reserve(vocabulary_.size());
        for (const auto& [term, number] : vocabulary_) {
            sorted.emplace_back(term, number);
        }
        std::sort(sorted.begin(), sorted.end());
        for (const auto& [term, number] : sorted) {
            writer.add_term(term, std::span(postings).subspan(begins[number],
                                                              begins[number + 1] - begins[number]));
        }
    }

private:
    struct Entry {
        std::uint32_t term = 0;
        Posting posting;
    };

    std::unordered_map<std::string, std::uint32_t, StringHash, std::equal_to<>> vocabulary_;
    std::vector<std::uint32_t> numbers_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> lengths_;
};

/// Copies one input's documents and terms into the merged segment.
class Merger {
public:
    explicit Merger(std::span<const MergeInput> inputs) : inputs_(inputs) {
        for (const MergeInput& input : inputs) {
            places_.emplace_back(input.segment->chunk_count(), no_local);
        }
    }

    MergedSegment merge() {
        for (const ClassPart& part : list_parts()) {
            copy_part(part);
        }
        writer_.set_lengths(std::move(lengths_));
        copy_terms();
        return {writer_.finish(), std::move(places_)};
    }

private:
    /// One class of one input. Merging goes by collections first and input second, so that the
    /// postings of a part stay a run in ascending order.
    struct ClassPart {
        const ChunkClass* chunks = nullptr;
        std::size_t input = 0;
    };

    std::vector<ClassPart> list_parts() const {
        std::vector<ClassPart> parts;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            for (const ChunkClass& chunks : inputs_[i].segment->classes()) {
                parts.push_back({&chunks, i});
            }
        }
        std::sort(parts.begin(), parts.end(), [](const ClassPart& a, const ClassPart& b) {
            const auto order = std::lexicographical_compare_three_way(
                a.chunks->collections.begin(), a.chunks->collections.end(),
                b.chunks->collections.begin(), b.chunks->collections.end());
            return order != 0 ? order < 0 : a.input < b.input;
        });
        return parts;
    }

    void copy_part(const ClassPart& part) {
        const MergeInput& input = inputs_[part.input];
        const Segment& segment = *input.segment;
        for (Local local = part.chunks->begin; local < part.chunks->end;) {
            const std::uint32_t document = segment.chunk_row(local).document;
            const DocumentRow& row = segment.documents()[document];
            // A document goes as a whole.
            if (input.deleted == nullptr || !input.deleted->test(local)) {
                copy_document(part, document);
            }
            local = row.first_chunk + row.chunk_count;
        }
    }

    void copy_document(const ClassPart& part, std::uint32_t document) {
        const Segment& segment = *inputs_[part.input].segment;
        const DocumentRow& row = segment.documents()[document];
        const Metadata metadata = segment.document_metadata(document);
        writer_.add_document({row.id, segment.filename(document), segment.file_type(document),
                              &metadata, part.chunks->collections});
        for (Local local = row.first_chunk; local < row.first_chunk + row.chunk_count; ++local) {
            const ChunkRow& chunk = segment.chunk_row(local);
            const Metadata own = segment.chunk_metadata(local);
            places_[part.input][local] = writer_.add_chunk(
                {segment.chunk_ids()[local], chunk.chunk_index, chunk.char_start, chunk.char_end,
                 chunk.text_key, segment.content(local), segment.heading_path(local), &own});
            lengths_.push_back(segment.lengths()[local]);
            for (const SpaceRow& space : segment.spaces()) {
                const VectorBlock vectors = segment.vectors(space);
                if (const auto at = vectors.find(local)) {
                    writer_.add_vector(segment.space(space), vectors.scales[*at],
                                       {vectors.row(*at), vectors.dimensions});
                }
            }
        }
    }

    void copy_terms() {
        std::vector<std::size_t> at(inputs_.size());
        for (;;) {
            std::optional<std::string_view> least;
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                if (at[i] < inputs_[i].segment->term_count()) {
                    const std::string_view term = inputs_[i].segment->term(at[i]);
                    least = !least || term < *least ? term : *least;
                }
            }
            if (!least) {
                return;
            }
            postings_.clear();
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                const Segment& segment = *inputs_[i].segment;
                if (at[i] < segment.term_count() && segment.term(at[i]) == *least) {
                    copy_postings(i, segment.term_row(at[i]));
                    ++at[i];
                }
            }
            if (!postings_.empty()) {
                std::sort(postings_.begin(), postings_.end(),
                          [](const Posting& a, const Posting& b) { return a.local < b.local; });
                writer_.add_term(*least, postings_);
            }
        }
    }

    void copy_postings(std::size_t input, const TermRow& row) {
        PostingCursor cursor(row, inputs_[input].segment->postings());
        for (; cursor.local() != no_local; cursor.next()) {
            const Local place = places_[input][cursor.local()];
            if (place != no_local) {
                postings_.push_back({place, cursor.frequency()});
            }
        }
    }

    std::span<const MergeInput> inputs_;
    SegmentWriter writer_;
    std::vector<std::vector<Local>> places_;
    std::vector<std::uint32_t> lengths_;
    std::vector<Posting> postings_;
};

}  // namespace

void SegmentBuilder::add(IndexedDocument document) {
    PendingDocument pending;
    for (std::size_t i = 0; i < document.chunks.size(); ++i) {
        for (const SpaceVector& vector : document.chunks[i].vectors) {
            const std::size_t size = vector.vector.size();
            if (size == 0 || size != static_cast<std::size_t>(vector.space.dimensions)) {
                continue;
            }
            const std::size_t begin = pending.codes.size();
            pending.codes.resize(begin + size);
            const float scale = quantize(vector.vector, std::span(pending.codes).subspan(begin));
            pending.vectors.push_back({i, vector.space, scale, begin});
        }
        std::vector<SpaceVector>().swap(document.chunks[i].vectors);
    }
    chunk_count_ += document.chunks.size();
    pending.document = std::move(document);
    documents_.push_back(std::move(pending));
}

SharedBytes SegmentBuilder::finish() {
    std::sort(documents_.begin(), documents_.end(),
              [](const PendingDocument& a, const PendingDocument& b) {
                  return std::tie(a.document.collections, a.document.id) <
                         std::tie(b.document.collections, b.document.id);
              });
    SegmentWriter writer;
    TermCollector terms;
    for (PendingDocument& pending : documents_) {
        const IndexedDocument& document = pending.document;
        writer.add_document({document.id, document.filename, document.file_type, &document.metadata,
                             document.collections});
        auto vector = pending.vectors.begin();
        for (std::size_t i = 0; i < document.chunks.size(); ++i) {
            const Chunk& chunk = document.chunks[i].chunk;
            const Local local =
                writer.add_chunk({chunk.id, chunk.chunk_index, chunk.char_start.value_or(no_offset),
                                  chunk.char_end.value_or(no_offset), document.chunks[i].text_key,
                                  chunk.content, chunk.heading_path, &chunk.metadata});
            for (; vector != pending.vectors.end() && vector->chunk == i; ++vector) {
                writer.add_vector(vector->space, vector->scale,
                                  std::span(pending.codes)
                                      .subspan(vector->codes_begin,
                                               static_cast<std::size_t>(vector->space.dimensions)));
            }
            terms.add_chunk(local, text::index_terms(text::indexed_text(
                                       document.filename, chunk.heading_path, chunk.content)));
        }
        pending = {};
    }
    documents_.clear();
    chunk_count_ = 0;
    terms.write(writer);
    return writer.finish();
}

MergedSegment merge_segments(std::span<const MergeInput> inputs) {
    return Merger(inputs).merge();
}

}  // namespace rag::index

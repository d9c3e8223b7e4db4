#include "evaluation/searched_set.hpp"

#include "index/local_index.hpp"
#include "rag/error.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace rag::evaluation {

namespace {

/// As memory/search asks for at first.
constexpr std::size_t candidates = 200;
constexpr CollectionId collection = 1;
constexpr std::chrono::minutes build_time_max{10};

/// Documents that never change.
class FixedSource final : public IndexSource {
public:
    std::vector<IndexedDocument> documents;

    std::string identity(const CallContext& /*context*/) override { return "fixed"; }
    FeedPosition feed_end(const CallContext& /*context*/) override { return {"1", 0}; }
    ChangeBatch read_changes(const CallContext& /*context*/, const FeedPosition& from,
                             std::int64_t /*limit*/) override {
        return {{}, from, false};
    }
    std::vector<Collection> list_collections(const CallContext& /*context*/) override { return {}; }
    std::vector<IndexedDocument> read_documents(const CallContext& /*context*/, DocumentId after,
                                                std::size_t chunks_max) override {
        std::vector<IndexedDocument> batch;
        std::size_t chunks = 0;
        for (auto at = static_cast<std::size_t>(after);
             at < documents.size() && chunks < chunks_max; ++at) {
            chunks += documents[at].chunks.size();
            batch.push_back(documents[at]);
        }
        return batch;
    }
    std::optional<IndexedDocument> read_document(const CallContext& /*context*/,
                                                 DocumentId id) override {
        return documents[static_cast<std::size_t>(id) - 1];
    }
    bool may_have_changed(const CallContext& /*context*/) override { return false; }
    bool feed_is_immediate() const override { return true; }
};

/// Must not be asked: everything is in the copy.
class NoFallback final : public SearchIndex {
public:
    Candidates nearest(const CallContext&, const SearchScope&, const EmbeddingSpace&,
                       std::span<const float>, std::size_t) override {
        fail();
    }
    WordCandidates best_words(const CallContext&, const SearchScope&, const WordQuery&,
                              std::size_t) override {
        fail();
    }
    std::vector<std::optional<double>> similarities(const CallContext&, const EmbeddingSpace&,
                                                    std::span<const float>,
                                                    std::span<const ChunkId>) override {
        fail();
    }
    std::vector<double> word_scores(const CallContext&, const SearchScope&, const WordQuery&,
                                    std::span<const ChunkId>) override {
        fail();
    }
    WordStatistics count_words(const CallContext&, const SearchScope&,
                               std::span<const std::string>) override {
        fail();
    }
    std::vector<Passage> load(const CallContext&, std::span<const ChunkId>) override { fail(); }
    std::int64_t count(const CallContext&, const SearchScope&) override { fail(); }

private:
    [[noreturn]] static void fail() {
        throw Error(ErrorCode::internal, "The copy did not answer.");
    }
};

IndexedDocument index_document(const JudgedDocument& judged, DocumentId id, ChunkId first,
                               Embedder& embedder) {
    IndexedDocument document;
    document.id = id;
    document.filename = judged.title;
    document.collections = {collection};
    std::vector<std::string> texts;
    for (const text::TextChunk& cut : text::chunk_text(judged.text, text::TextFormat::plain)) {
        IndexedChunk& chunk = document.chunks.emplace_back();
        chunk.chunk.id = first + static_cast<ChunkId>(texts.size());
        chunk.chunk.document_id = id;
        chunk.chunk.chunk_index = static_cast<std::int64_t>(texts.size());
        chunk.chunk.content = cut.content;
        chunk.text_key = text::fold_key(cut.content);
        texts.push_back(text::indexed_text(judged.title, cut.heading_path, cut.content));
    }
    std::vector<Vector> vectors = embedder.embed_passages({}, texts);
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        document.chunks[i].vectors.push_back({embedder.space(), std::move(vectors[i])});
    }
    return document;
}

}  // namespace

struct SearchedSet::Index {
    Index() : copy(source, fallback, options()) {}

    static index::LocalIndexOptions options() {
        index::LocalIndexOptions options;
        options.memory_bytes_max = std::size_t{1} << 34U;
        return options;
    }

    /// Both lists as one, as memory/search puts them together.
    std::vector<memory::FusionEntry> gather(const EmbeddingSpace& space, const WordQuery& words,
                                            const WordCandidates& by_words, const Vector& vector) {
        const SearchScope all{{collection}, {}};
        std::vector<memory::FusionEntry> entries;
        std::unordered_map<ChunkId, std::size_t> place;
        const auto add = [&](const Candidate& hit) -> memory::FusionEntry& {
            const auto [found, is_new] = place.emplace(hit.chunk, entries.size());
            if (is_new) {
                entries.push_back({hit.chunk, hit.text_key, std::nullopt, 0, {}, {}});
            }
            return entries[found->second];
        };
        std::int64_t rank = 0;
        for (const Candidate& hit : by_words.hits) {
            add(hit).rank_keyword = ++rank;
        }
        rank = 0;
        for (const Candidate& hit : copy.nearest({}, all, space, vector, candidates)) {
            add(hit).rank_vector = ++rank;
        }
        std::vector<ChunkId> chunks;
        for (const memory::FusionEntry& entry : entries) {
            chunks.push_back(entry.chunk);
        }
        const auto similarities = copy.similarities({}, space, vector, chunks);
        const auto scores = words.empty() ? std::vector<double>(chunks.size(), 0.0)
                                          : copy.word_scores({}, all, words, chunks);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            entries[i].similarity = similarities[i];
            entries[i].word_score = scores[i];
        }
        return entries;
    }

    FixedSource source;
    NoFallback fallback;
    index::LocalIndex copy;
};

SearchedSet::SearchedSet(const JudgedSet& set, Embedder& embedder)
    : embedder_(embedder), index_(std::make_unique<Index>()) {
    for (std::size_t i = 0; i < set.documents.size(); ++i) {
        index_->source.documents.push_back(
            index_document(set.documents[i], static_cast<DocumentId>(i) + 1,
                           static_cast<ChunkId>(document_of_chunk_.size()) + 1, embedder));
        document_of_chunk_.resize(
            document_of_chunk_.size() + index_->source.documents.back().chunks.size(), i);
    }
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + build_time_max;
    index_->copy.start();
    if (!index_->copy.wait_until_ready(context)) {
        throw Error(ErrorCode::deadline_exceeded, "The set took too long to index.");
    }
}

SearchedSet::~SearchedSet() = default;

std::vector<std::size_t> SearchedSet::search(std::string_view text, memory::RankBy by,
                                             std::size_t count) {
    const SearchScope all{{collection}, {}};
    const CountWords count_words = [&](std::span<const std::string> stems) {
        return index_->copy.count_words({}, all, stems);
    };
    const Vector vector = embedder_.embed_query({}, text, count_words);
    const WordQuery words = text::parse_word_query(text);
    WordCandidates by_words;
    by_words.ideal = 0;
    if (!words.empty()) {
        by_words = index_->copy.best_words({}, all, words, candidates);
    }
    memory::FusionRule rule;
    rule.by = by;
    rule.ideal = by_words.ideal;
    rule.words = scored_words(words);
    rule.dense_weight = embedder_.fusion().dense_weight;
    rule.count = candidates;
    auto entries = index_->gather(embedder_.space(), words, by_words, vector);
    if (by == memory::RankBy::words) {
        std::erase_if(entries, [](const auto& entry) { return !entry.rank_keyword; });
    }
    std::vector<std::size_t> documents;
    std::unordered_set<std::size_t> listed;
    for (const memory::RankedEntry& ranked : memory::fuse(std::move(entries), rule)) {
        const auto chunk = static_cast<std::size_t>(ranked.entry.chunk) - 1;
        if (documents.size() < count && listed.insert(document_of_chunk_[chunk]).second) {
            documents.push_back(document_of_chunk_[chunk]);
        }
    }
    return documents;
}

}  // namespace rag::evaluation

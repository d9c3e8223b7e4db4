#pragma once

#include "rag/index_source.hpp"
#include "rag/search_index.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace rag::index_test {

/// A source that lives in memory: documents, and a feed of what happened to them.
class ModelSource final : public IndexSource {
public:
    void put(IndexedDocument document);
    void erase(DocumentId id);
    void add_collection(CollectionId id, int dimensions);
    /// With the documents that are in no other one.
    void erase_collection(CollectionId id);
    /// Forgets the feed, as a restored database does.
    void renew_epoch();
    /// From now on every call throws Error{unavailable}, or no more.
    void set_down(bool down) { down_ = down; }
    void set_immediate(bool immediate) { immediate_ = immediate; }
    /// Hides the feed's end, as an older open transaction does.
    void hold_feed(bool held);

    std::vector<IndexedDocument> documents() const;

    std::string identity(const CallContext& context) override;
    FeedPosition feed_end(const CallContext& context) override;
    ChangeBatch read_changes(const CallContext& context, const FeedPosition& from,
                             std::int64_t limit) override;
    std::vector<Collection> list_collections(const CallContext& context) override;
    std::vector<IndexedDocument> read_documents(const CallContext& context, DocumentId after,
                                                std::size_t chunks_max) override;
    std::optional<IndexedDocument> read_document(const CallContext& context,
                                                 DocumentId id) override;
    bool may_have_changed(const CallContext& context) override;
    bool feed_is_immediate() const override { return immediate_; }

    void set_identity(const std::string& identity) { identity_ = identity; }

    /// Called before each reading of the feed, as another writer might be: may be empty.
    std::function<void()> meanwhile;

    std::atomic<int> documents_read{0};  ///< One by one.
    std::atomic<int> batches_read{0};

private:
    void check() const;

    mutable std::mutex mutex_;
    std::map<DocumentId, IndexedDocument> documents_;
    std::map<CollectionId, int> collections_;
    std::vector<Change> feed_;
    std::size_t held_at_ = SIZE_MAX;
    std::size_t seen_ = 0;
    int epoch_ = 1;
    std::string identity_ = "model";
    std::atomic<bool> down_{false};
    std::atomic<bool> immediate_{true};
};

/// The definition of what a search finds: everything is looked at, nothing is kept.
class ModelIndex final : public SearchIndex {
public:
    explicit ModelIndex(const ModelSource& source) : source_(source) {}

    Candidates nearest(const CallContext& context, const SearchScope& scope,
                       const EmbeddingSpace& space, std::span<const float> query,
                       std::size_t count) override;
    WordCandidates best_words(const CallContext& context, const SearchScope& scope,
                              const WordQuery& query, std::size_t count) override;
    std::vector<std::optional<double>> similarities(const CallContext& context,
                                                    const EmbeddingSpace& space,
                                                    std::span<const float> query,
                                                    std::span<const ChunkId> chunks) override;
    std::vector<double> word_scores(const CallContext& context, const SearchScope& scope,
                                    const WordQuery& query,
                                    std::span<const ChunkId> chunks) override;
    WordStatistics count_words(const CallContext& context, const SearchScope& scope,
                               std::span<const std::string> stems) override;
    std::vector<Passage> load(const CallContext& context, std::span<const ChunkId> chunks) override;
    std::int64_t count(const CallContext& context, const SearchScope& scope) override;

    std::atomic<int> calls{0};

private:
    const ModelSource& source_;
};

}  // namespace rag::index_test

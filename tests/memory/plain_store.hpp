#pragma once

#include "rag/clock.hpp"
#include "rag/search_index.hpp"
#include "rag/store.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rag::test {

/// Store and SearchIndex in plain maps, as the ports describe them: what the engine is tested on
/// without a database. Safe for concurrent use.
class PlainStore final : public Store, public SearchIndex {
public:
    explicit PlainStore(const Clock& clock) : clock_(clock) {}

    /// Called at the start of every function; may throw to play a fault.
    std::function<void()> before_each;

    Collection create_collection(const CallContext&, const NewCollection&) override;
    std::optional<Collection> find_collection(const CallContext&, std::string_view name) override;
    std::vector<Collection> list_collections(const CallContext&) override;
    bool update_collection_description(const CallContext&, std::string_view name,
                                       std::string_view description) override;
    std::optional<CollectionDetails> describe_collection(const CallContext&,
                                                         std::string_view name) override;
    std::optional<DeletedCollection> delete_collection(const CallContext&,
                                                       std::string_view name) override;

    DocumentAdded add_document(const CallContext&, const NewDocument&) override;
    DocumentUpdated update_document(const CallContext&, DocumentId, const DocumentUpdate&) override;
    std::optional<DeletedDocument> delete_document(const CallContext&, DocumentId) override;
    std::optional<DocumentSummary> find_document(const CallContext&, DocumentId) override;
    std::optional<DocumentSummary> find_by_identity(const CallContext&, CollectionId,
                                                    std::string_view identity) override;
    std::optional<DocumentSummary> find_newest_text(const CallContext&, CollectionId,
                                                    std::string_view title) override;
    std::optional<Document> get_document(const CallContext&, DocumentId,
                                         std::optional<std::int64_t> version) override;
    std::vector<Chunk> get_chunks(const CallContext&, DocumentId, std::int64_t first,
                                  std::int64_t count) override;
    DocumentPage list_documents(const CallContext&, const DocumentQuery&) override;
    std::vector<DocumentVersion> list_versions(const CallContext&, DocumentId) override;
    std::vector<IdentifiedDocument> list_identities(const CallContext&, CollectionId,
                                                    std::string_view prefix) override;

    JobCreated create_job(const CallContext&, const NewJob&) override;
    std::optional<Job> find_job(const CallContext&, std::string_view id) override;
    std::vector<Job> list_jobs(const CallContext&, std::int64_t limit) override;
    bool lease_job(const CallContext&, std::string_view id, std::string_view owner,
                   std::chrono::milliseconds duration) override;
    std::vector<Job> list_abandoned_jobs(const CallContext&, std::int64_t limit) override;
    JobSignal save_job_progress(const CallContext&, std::string_view id, std::string_view owner,
                                const nlohmann::json& progress) override;
    void finish_job(const CallContext&, std::string_view id, const JobOutcome&) override;
    bool request_job_stop(const CallContext&, std::string_view id) override;

    FeedPosition feed_end(const CallContext&) override { return {}; }
    ChangeBatch read_changes(const CallContext&, const FeedPosition&, std::int64_t) override {
        return {};
    }
    void ping(const CallContext&) override {}
    StoreStatus status(const CallContext&) override { return {}; }

    Candidates nearest(const CallContext&, const SearchScope&, const EmbeddingSpace&,
                       std::span<const float> query, std::size_t count) override;
    WordCandidates best_words(const CallContext&, const SearchScope&, const WordQuery&,
                              std::size_t count) override;
    std::vector<std::optional<double>> similarities(const CallContext&, const EmbeddingSpace&,
                                                    std::span<const float> query,
                                                    std::span<const ChunkId>) override;
    std::vector<double> word_scores(const CallContext&, const SearchScope&, const WordQuery&,
                                    std::span<const ChunkId>) override;
    WordStatistics count_words(const CallContext&, const SearchScope&,
                               std::span<const std::string> stems) override;
    std::vector<Passage> load(const CallContext&, std::span<const ChunkId>) override;
    std::int64_t count(const CallContext&, const SearchScope&) override;

    /// Puts the document into one more collection.
    void share(DocumentId document, const std::string& collection);
    /// Rebinds a collection, as a re-index under another model would.
    void set_space(const std::string& name, const EmbeddingSpace& space);
    /// What the invariants of a store say about its rows; empty when they hold.
    std::string find_damage() const;

private:
    struct StoredChunk {
        Chunk chunk;
        Vector embedding;
        std::vector<std::string> terms;
        std::uint64_t text_key = 0;
    };
    struct Stored {
        Document document;
        std::set<CollectionId> in;
        std::vector<StoredChunk> chunks;
        std::vector<Document> former;
        std::int64_t order = 0;  ///< Of the last update, for equal times.
    };
    struct StoredJob {
        Job job;
        std::string owner;
        SteadyTime leased_until{};
        std::int64_t order = 0;
    };

    void enter() const;
    Collection* find(std::string_view name);
    Collection counted(Collection collection) const;
    std::vector<std::string> names_of(const std::set<CollectionId>& ids) const;
    DocumentSummary summarise(const Stored& stored) const;
    std::vector<StoredChunk> store_chunks(DocumentId id, const std::string& title,
                                          const std::vector<NewChunk>& chunks);
    bool lies_under(const Stored& stored, const StoredChunk& chunk, const SearchScope& scope) const;
    template <class Visit>
    void each_chunk(const SearchScope& scope, Visit visit) const;
    double score(const StoredChunk& chunk, const WordQuery& query,
                 const std::map<std::string, double>& idf) const;
    std::map<std::string, double> weigh(const WordQuery& query, const SearchScope& scope) const;

    const Clock& clock_;
    mutable std::recursive_mutex mutex_;
    std::map<CollectionId, Collection> collections_;
    std::map<DocumentId, Stored> documents_;
    std::map<std::string, StoredJob> jobs_;
    std::int64_t last_collection_ = 0;
    std::int64_t last_document_ = 0;
    std::int64_t last_chunk_ = 0;
    std::int64_t last_order_ = 0;
};

}  // namespace rag::test

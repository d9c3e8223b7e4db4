#pragma once

#include "base/clock.hpp"
#include "rag/index_source.hpp"
#include "rag/search_index.hpp"
#include "rag/space_store.hpp"
#include "rag/store.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace rag::test {

/// Store and SearchIndex in plain maps that look at everything for every question: slow, and so
/// plain that what it answers is what the ports promise. Safe for concurrent use.
class FakeStore final : public Store, public SearchIndex, public SpaceStore {
public:
    Collection create_collection(const CallContext& context, const NewCollection&) override;
    std::optional<Collection> find_collection(const CallContext& context,
                                              std::string_view name) override;
    std::vector<Collection> list_collections(const CallContext& context) override;
    bool update_collection_description(const CallContext& context, std::string_view name,
                                       std::string_view description) override;
    std::optional<CollectionDetails> describe_collection(const CallContext& context,
                                                         std::string_view name) override;
    std::optional<DeletedCollection> delete_collection(const CallContext& context,
                                                       std::string_view name) override;

    DocumentAdded add_document(const CallContext& context, const NewDocument& document) override;
    DocumentUpdated update_document(const CallContext& context, DocumentId id,
                                    const DocumentUpdate& update) override;
    std::optional<DeletedDocument> delete_document(const CallContext& context,
                                                   DocumentId id) override;
    std::optional<DocumentSummary> find_document(const CallContext& context,
                                                 DocumentId id) override;
    std::optional<DocumentSummary> find_by_identity(const CallContext& context,
                                                    CollectionId collection,
                                                    std::string_view identity) override;
    std::optional<DocumentSummary> find_newest_text(const CallContext& context,
                                                    CollectionId collection,
                                                    std::string_view title) override;
    std::optional<Document> get_document(
        const CallContext& context, DocumentId id,
        std::optional<std::int64_t> version = std::nullopt) override;
    std::vector<Chunk> get_chunks(const CallContext& context, DocumentId id, std::int64_t first = 0,
                                  std::int64_t count = INT64_MAX) override;
    DocumentPage list_documents(const CallContext& context, const DocumentQuery& query) override;
    std::vector<DocumentVersion> list_versions(const CallContext& context, DocumentId id) override;
    std::vector<IdentifiedDocument> list_identities(const CallContext& context,
                                                    CollectionId collection,
                                                    std::string_view prefix) override;

    JobCreated create_job(const CallContext& context, const NewJob& job) override;
    std::optional<Job> find_job(const CallContext& context, std::string_view id) override;
    std::vector<Job> list_jobs(const CallContext& context, std::int64_t limit) override;
    bool lease_job(const CallContext& context, std::string_view id, std::string_view owner,
                   std::chrono::milliseconds duration) override;
    std::vector<Job> list_abandoned_jobs(const CallContext& context, std::int64_t limit) override;
    JobSignal save_job_progress(const CallContext& context, std::string_view id,
                                std::string_view owner, const nlohmann::json& progress) override;
    void finish_job(const CallContext& context, std::string_view id,
                    const JobOutcome& outcome) override;
    bool request_job_stop(const CallContext& context, std::string_view id) override;

    FeedPosition feed_end(const CallContext& context) override;
    ChangeBatch read_changes(const CallContext& context, const FeedPosition& from,
                             std::int64_t limit) override;
    void ping(const CallContext& context) override;
    StoreStatus status(const CallContext& context) override;

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

    std::vector<DocumentId> list_without_vectors(const CallContext& context,
                                                 CollectionId collection,
                                                 const EmbeddingSpace& space, DocumentId after,
                                                 std::int64_t limit) override;
    std::int64_t add_vectors(const CallContext& context, DocumentId document,
                             const EmbeddingSpace& space,
                             std::span<const ChunkVector> vectors) override;
    bool bind_space(const CallContext& context, CollectionId collection,
                    const EmbeddingSpace& space) override;
    std::int64_t remove_vectors(const CallContext& context, CollectionId collection,
                                const EmbeddingSpace& space, std::int64_t limit) override;

    /// Puts a document into a further collection, without an identity there.
    void share(DocumentId document, CollectionId collection);

private:
    struct StoredChunk {
        Chunk chunk;
        std::vector<SpaceVector> vectors;
        std::vector<std::string> terms;
        std::uint64_t text_key = 0;
    };
    /// A version of a document, with the time its content came in.
    struct Version {
        Document document;
        Timestamp content_at{};
    };
    struct Entry {
        Version present;
        std::vector<Version> former;  ///< Oldest first.
        std::map<CollectionId, std::optional<std::string>> in;
        std::vector<StoredChunk> chunks;
    };
    struct StoredJob {
        Job job;
        std::string owner;
        SteadyTime leased_until{};
    };

    // Each expects the mutex to be held.
    Collection* find(std::string_view name);
    Entry& entry(DocumentId id);
    Collection counted(const Collection& collection) const;
    std::vector<std::string> names_of(const Entry& entry) const;
    std::optional<std::string> identity_of(const Entry& entry) const;
    DocumentSummary summarise(const Entry& entry) const;
    std::vector<const Entry*> newest_first() const;
    const Entry* holder(CollectionId collection, std::string_view identity) const;
    EmbeddingSpace space_of(const Entry& entry, const std::vector<NewChunk>& chunks) const;
    void store_chunks(Entry& entry, const std::vector<NewChunk>& chunks);
    bool set_identity(Entry& entry, const std::string& identity);
    void record(ChangeKind kind, const Entry& entry);
    StoredJob* find_open_job(std::string_view id);

    static const Vector* vector_of(const StoredChunk& chunk, const EmbeddingSpace& space);
    static bool lacks_vector(const Entry& entry, const EmbeddingSpace& space);
    static bool lies_under(const Entry& entry, const StoredChunk& chunk, const SearchScope& scope);
    std::map<std::string, double> weigh(const WordQuery& query) const;
    double average_length() const;
    static bool holds_phrases(const StoredChunk& chunk, const WordQuery& query);
    const StoredChunk* find_chunk(ChunkId id, const Entry** owner = nullptr) const;

    SystemClock clock_;
    mutable std::mutex mutex_;
    std::map<CollectionId, Collection> collections_;
    std::map<DocumentId, Entry> documents_;
    std::vector<StoredJob> jobs_;  ///< Oldest first.
    std::vector<Change> changes_;
    CollectionId last_collection_ = 0;
    DocumentId last_document_ = 0;
    ChunkId last_chunk_ = 0;
};

}  // namespace rag::test

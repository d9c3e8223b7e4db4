#pragma once

#include "rag/store.hpp"
#include "storage/postgres_pool.hpp"

#include <memory>

namespace rag::storage {

/// `Store` on Postgres with pgvector. Safe for concurrent use by threads and by processes.
class PostgresStore final : public Store {
public:
    /// Creates or brings up to date the schema, then serves. The pool must outlive the store.
    /// Throws Error{unavailable} when the database does not answer or lacks the vector extension
    /// and may not get it, Error{conflict} when the schema is newer than this program.
    PostgresStore(const CallContext& context, PostgresPool& pool);

    /// A sentence for people when the database held a reference database, as this was made, that
    /// was not taken over, and holds nothing else.
    std::optional<std::string> waiting_reference(const CallContext& context);

    Collection create_collection(const CallContext& context,
                                 const NewCollection& collection) override;
    std::optional<Collection> find_collection(const CallContext& context,
                                              std::string_view name) override;
    std::vector<Collection> list_collections(const CallContext& context) override;
    std::optional<Collection> find_collection_uncounted(const CallContext& context,
                                                        std::string_view name) override;
    std::vector<Collection> list_collections_uncounted(const CallContext& context) override;
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
    std::optional<Document> get_document(const CallContext& context, DocumentId id,
                                         std::optional<std::int64_t> version) override;
    std::vector<Chunk> get_chunks(const CallContext& context, DocumentId id, std::int64_t first,
                                  std::int64_t count) override;
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

private:
    std::vector<DocumentSummary> read_summaries(const CallContext& context,
                                                const std::string& condition, SqlParams params);

    PostgresPool& pool_;
    bool may_hold_reference_ = true;  ///< Constant once made.
};

}  // namespace rag::storage

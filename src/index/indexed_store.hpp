#pragma once

#include "index/local_index.hpp"
#include "rag/store.hpp"

namespace rag::index {

/// A store that tells the local index which documents this process has written, so that its next
/// search finds them. Everything else goes straight to the store.
class IndexedStore final : public Store {
public:
    /// Both must outlive this.
    IndexedStore(Store& store, LocalIndex& index) : store_(store), index_(index) {}

    Collection create_collection(const CallContext& context,
                                 const NewCollection& collection) override {
        return store_.create_collection(context, collection);
    }
    std::optional<Collection> find_collection(const CallContext& context,
                                              std::string_view name) override {
        return store_.find_collection(context, name);
    }
    std::vector<Collection> list_collections(const CallContext& context) override {
        return store_.list_collections(context);
    }
    std::optional<Collection> find_collection_uncounted(const CallContext& context,
                                                        std::string_view name) override {
        return store_.find_collection_uncounted(context, name);
    }
    std::vector<Collection> list_collections_uncounted(const CallContext& context) override {
        return store_.list_collections_uncounted(context);
    }
    bool update_collection_description(const CallContext& context, std::string_view name,
                                       std::string_view description) override {
        return store_.update_collection_description(context, name, description);
    }
    std::optional<CollectionDetails> describe_collection(const CallContext& context,
                                                         std::string_view name) override {
        return store_.describe_collection(context, name);
    }
    /// No scope holds a collection that is gone, so the feed is soon enough for its documents.
    std::optional<DeletedCollection> delete_collection(const CallContext& context,
                                                       std::string_view name) override {
        return store_.delete_collection(context, name);
    }

    DocumentAdded add_document(const CallContext& context, const NewDocument& document) override;
    DocumentUpdated update_document(const CallContext& context, DocumentId id,
                                    const DocumentUpdate& update) override;
    std::optional<DeletedDocument> delete_document(const CallContext& context,
                                                   DocumentId id) override;

    std::optional<DocumentSummary> find_document(const CallContext& context,
                                                 DocumentId id) override {
        return store_.find_document(context, id);
    }
    std::optional<DocumentSummary> find_by_identity(const CallContext& context,
                                                    CollectionId collection,
                                                    std::string_view identity) override {
        return store_.find_by_identity(context, collection, identity);
    }
    std::optional<DocumentSummary> find_newest_text(const CallContext& context,
                                                    CollectionId collection,
                                                    std::string_view title) override {
        return store_.find_newest_text(context, collection, title);
    }
    std::optional<Document> get_document(
        const CallContext& context, DocumentId id,
        std::optional<std::int64_t> version = std::nullopt) override {
        return store_.get_document(context, id, version);
    }
    std::vector<Chunk> get_chunks(const CallContext& context, DocumentId id, std::int64_t first = 0,
                                  std::int64_t count = INT64_MAX) override {
        return store_.get_chunks(context, id, first, count);
    }
    DocumentPage list_documents(const CallContext& context, const DocumentQuery& query) override {
        return store_.list_documents(context, query);
    }
    std::vector<DocumentVersion> list_versions(const CallContext& context, DocumentId id) override {
        return store_.list_versions(context, id);
    }
    std::vector<IdentifiedDocument> list_identities(const CallContext& context,
                                                    CollectionId collection,
                                                    std::string_view prefix) override {
        return store_.list_identities(context, collection, prefix);
    }

    JobCreated create_job(const CallContext& context, const NewJob& job) override {
        return store_.create_job(context, job);
    }
    std::optional<Job> find_job(const CallContext& context, std::string_view id) override {
        return store_.find_job(context, id);
    }
    std::vector<Job> list_jobs(const CallContext& context, std::int64_t limit) override {
        return store_.list_jobs(context, limit);
    }
    bool lease_job(const CallContext& context, std::string_view id, std::string_view owner,
                   std::chrono::milliseconds duration) override {
        return store_.lease_job(context, id, owner, duration);
    }
    std::vector<Job> list_abandoned_jobs(const CallContext& context, std::int64_t limit) override {
        return store_.list_abandoned_jobs(context, limit);
    }
    JobSignal save_job_progress(const CallContext& context, std::string_view id,
                                std::string_view owner, const nlohmann::json& progress) override {
        return store_.save_job_progress(context, id, owner, progress);
    }
    void finish_job(const CallContext& context, std::string_view id,
                    const JobOutcome& outcome) override {
        store_.finish_job(context, id, outcome);
    }
    bool request_job_stop(const CallContext& context, std::string_view id) override {
        return store_.request_job_stop(context, id);
    }

    FeedPosition feed_end(const CallContext& context) override { return store_.feed_end(context); }
    ChangeBatch read_changes(const CallContext& context, const FeedPosition& from,
                             std::int64_t limit) override {
        return store_.read_changes(context, from, limit);
    }
    void ping(const CallContext& context) override { store_.ping(context); }
    StoreStatus status(const CallContext& context) override { return store_.status(context); }

private:
    Store& store_;
    LocalIndex& index_;
};

}  // namespace rag::index

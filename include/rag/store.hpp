#pragma once

#include "rag/collection.hpp"
#include "rag/context.hpp"
#include "rag/document.hpp"
#include "rag/job.hpp"
#include "rag/metadata_filter.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

struct NewCollection {
    std::string name;
    std::string description;
    EmbeddingSpace space;
};

struct DeletedCollection {
    std::int64_t documents_deleted = 0;  ///< Those that were in no other collection.
    std::int64_t chunks_deleted = 0;
};

/// A whole document, ready to be stored: chunked and embedded before any transaction opens.
struct NewDocument {
    CollectionId collection = 0;
    std::optional<std::string> identity;  ///< Unique in the collection.
    std::string filename;
    std::string content;
    std::string file_type;
    std::int64_t file_size = 0;
    Metadata metadata = Metadata::object();
    ContentHash content_hash;
    std::vector<NewChunk> chunks;
};

struct DocumentAdded {
    /// False: the identity was there already, nothing was written, and `id` is its document.
    bool added = false;
    DocumentId id = 0;
    std::vector<ChunkId> chunk_ids;  ///< In chunk order; empty when nothing was written.
};

/// New content of a document. The content that was there becomes a version when the hash differs.
struct ContentChange {
    std::string content;
    std::int64_t file_size = 0;
    ContentHash content_hash;
};

/// What changes about a document; whatever is absent stays.
struct DocumentUpdate {
    /// When given and the document has another version by now: Error{conflict}.
    std::optional<std::int64_t> expected_version;
    /// When given and the document has another filename by now: Error{conflict}. With the version
    /// it tells what the present chunks and the identity were made from.
    std::optional<std::string> expected_filename;
    std::optional<std::string> filename;
    std::optional<ContentChange> content;
    /// Merged shallowly into what is there, inside the transaction.
    std::optional<Metadata> metadata;
    /// Replaces all chunks (needed with `content` and with `filename`, because both are indexed).
    std::optional<std::vector<NewChunk>> chunks;
    /// The new identity, wherever the title or content is part of it. Where another document of a
    /// collection has it already, this document's identity becomes null there instead.
    std::optional<std::string> identity;
};

struct DocumentUpdated {
    /// False: everything given was there already; `updated_at` did not move.
    bool changed = false;
    std::int64_t version = 1;
    std::int64_t old_chunk_count = 0;
    std::int64_t new_chunk_count = 0;
    std::vector<ChunkId> chunk_ids;  ///< The current chunks, in order.
};

struct DeletedDocument {
    std::string filename;
    std::int64_t chunks_deleted = 0;
    std::vector<std::string> collections;  ///< Names, sorted.
};

struct DocumentQuery {
    std::optional<std::vector<CollectionId>> collections;  ///< Null: all of them.
    MetadataFilter filter;                                 ///< Over the document's metadata.
    std::int64_t limit = 50;
    std::int64_t offset = 0;
};

struct DocumentPage {
    std::vector<DocumentSummary> documents;  ///< By updated_at, then id, both descending.
    std::int64_t total_count = 0;
};

struct DocumentVersion {
    std::int64_t version = 1;
    ContentHash content_hash;
    std::int64_t file_size = 0;
    Timestamp created_at{};
    bool current = false;
};

struct IdentifiedDocument {
    DocumentId id = 0;
    std::string identity;
    ContentHash content_hash;
};

/// Where a follower of the change feed stands. `position` has a meaning to its store only.
struct FeedPosition {
    std::string epoch;
    std::int64_t position = 0;

    bool operator==(const FeedPosition&) const = default;
};

enum class ChangeKind {
    collection_changed,  ///< Created, described anew or deleted.
    document_changed,    ///< Created or updated; its chunks may be others now.
    document_deleted,
};

struct Change {
    ChangeKind kind = ChangeKind::document_changed;
    CollectionId collection = 0;
    DocumentId document = 0;  ///< 0 for a change of the collection itself.
};

struct ChangeBatch {
    std::vector<Change> changes;  ///< In commit order; the same thing may appear more than once.
    FeedPosition next;            ///< Ask from here the next time.
    bool rebuild = false;         ///< The position is too old or foreign: read everything anew.
};

struct StoreStatus {
    std::string kind;     ///< "sqlite" or "postgres"
    std::string address;  ///< Path, or host and database; never a password.
    std::string version;  ///< Of the database software.
    std::int64_t schema_version = 0;
    std::int64_t collection_count = 0;
    std::int64_t document_count = 0;
    std::int64_t chunk_count = 0;
    std::int64_t size_bytes = 0;
    std::vector<std::string> notes;  ///< Sentences for people: what could be better.
};

/// All persistence, by use case. Implementations are safe for concurrent use from many threads, and
/// many processes may use one database at once. Every function may block, honours the context's
/// deadline and stop token, and throws Error: `unavailable` when the database does not answer,
/// `corrupt` when it holds what it must not. Every write is one transaction: it happens whole, with
/// its rows of the change feed, or not at all. What has returned survives the death of the process.
///
/// Texts are UTF-8. Every U+0000 is stored as U+FFFD, also within metadata, so that offsets in code
/// points stay true; where a text is looked up the same holds.
class Store {
public:
    virtual ~Store() = default;

    // Collections --------------------------------------------------------------------------------

    /// Throws Error{conflict} "Collection '<name>' already exists".
    virtual Collection create_collection(const CallContext& context,
                                         const NewCollection& collection) = 0;
    virtual std::optional<Collection> find_collection(const CallContext& context,
                                                      std::string_view name) = 0;
    /// Newest first, ties by the higher id.
    virtual std::vector<Collection> list_collections(const CallContext& context) = 0;
    /// As the two above, but the counts need not be right: what a search and a writer have to know,
    /// quick however much the collections hold.
    virtual std::optional<Collection> find_collection_uncounted(const CallContext& context,
                                                                std::string_view name) {
        return find_collection(context, name);
    }
    virtual std::vector<Collection> list_collections_uncounted(const CallContext& context) {
        return list_collections(context);
    }
    /// False when there is no such collection.
    virtual bool update_collection_description(const CallContext& context, std::string_view name,
                                               std::string_view description) = 0;
    virtual std::optional<CollectionDetails> describe_collection(const CallContext& context,
                                                                 std::string_view name) = 0;
    /// Deletes the collection and the documents that are in no other one.
    virtual std::optional<DeletedCollection> delete_collection(const CallContext& context,
                                                               std::string_view name) = 0;

    // Documents ----------------------------------------------------------------------------------

    /// Throws Error{not_found} when the collection is gone by now, Error{invalid_argument} for an
    /// embedding that has not the dimensions of the collection's space.
    virtual DocumentAdded add_document(const CallContext& context, const NewDocument& document) = 0;
    /// Chunks that are given without `content` and `filename` always replace; with them, only when
    /// one of the two is another. Throws Error{not_found} "Document <id> not found";
    /// Error{conflict} also for embeddings of a document whose collections have different spaces.
    virtual DocumentUpdated update_document(const CallContext& context, DocumentId id,
                                            const DocumentUpdate& update) = 0;
    virtual std::optional<DeletedDocument> delete_document(const CallContext& context,
                                                           DocumentId id) = 0;

    virtual std::optional<DocumentSummary> find_document(const CallContext& context,
                                                         DocumentId id) = 0;
    virtual std::optional<DocumentSummary> find_by_identity(const CallContext& context,
                                                            CollectionId collection,
                                                            std::string_view identity) = 0;
    /// Of the documents of file type "text" that have this title (their filename) in the
    /// collection, the one that was created last; of equal times the higher id.
    virtual std::optional<DocumentSummary> find_newest_text(const CallContext& context,
                                                            CollectionId collection,
                                                            std::string_view title) = 0;
    /// With `version`: filename, content, size, hash and metadata as they were when the next
    /// version replaced them (null when that version is not kept); the rest as it is now.
    virtual std::optional<Document> get_document(
        const CallContext& context, DocumentId id,
        std::optional<std::int64_t> version = std::nullopt) = 0;
    /// Chunks with chunk_index in [first, first + count), in order.
    virtual std::vector<Chunk> get_chunks(const CallContext& context, DocumentId id,
                                          std::int64_t first = 0,
                                          std::int64_t count = INT64_MAX) = 0;
    virtual DocumentPage list_documents(const CallContext& context, const DocumentQuery& query) = 0;
    /// Oldest first, the current one last.
    virtual std::vector<DocumentVersion> list_versions(const CallContext& context,
                                                       DocumentId id) = 0;
    /// The collection's documents whose identity begins with `prefix`, by identity.
    virtual std::vector<IdentifiedDocument> list_identities(const CallContext& context,
                                                            CollectionId collection,
                                                            std::string_view prefix) = 0;

    // Jobs ---------------------------------------------------------------------------------------

    /// Adds the job unless one with the same join key is queued or running; returns whichever is
    /// there now. `created` tells which.
    virtual JobCreated create_job(const CallContext& context, const NewJob& job) = 0;
    virtual std::optional<Job> find_job(const CallContext& context, std::string_view id) = 0;
    /// Newest first.
    virtual std::vector<Job> list_jobs(const CallContext& context, std::int64_t limit) = 0;
    /// Takes (or keeps) the lease of a job that is queued, or running under a lease that has run
    /// out. False when another owner holds it or it has ended.
    virtual bool lease_job(const CallContext& context, std::string_view id, std::string_view owner,
                           std::chrono::milliseconds duration) = 0;
    /// Jobs nobody works on: queued ones and those whose lease has run out; oldest first.
    virtual std::vector<Job> list_abandoned_jobs(const CallContext& context,
                                                 std::int64_t limit) = 0;
    /// Stores where a running job is; also how its owner learns that it was asked to stop.
    virtual JobSignal save_job_progress(const CallContext& context, std::string_view id,
                                        std::string_view owner, const nlohmann::json& progress) = 0;
    virtual void finish_job(const CallContext& context, std::string_view id,
                            const JobOutcome& outcome) = 0;
    /// Asks a queued or running job to stop. False when there is none.
    virtual bool request_job_stop(const CallContext& context, std::string_view id) = 0;

    // The change feed and the store itself -------------------------------------------------------

    /// Where a follower that has read everything stands now.
    virtual FeedPosition feed_end(const CallContext& context) = 0;
    /// What was committed after `from`; at most `limit` rows (at least one), but a store may leave
    /// the rows of one transaction together and go beyond. Rows are kept for 7 days and at least
    /// 100 000 of them; a position before what is kept asks for a rebuild.
    virtual ChangeBatch read_changes(const CallContext& context, const FeedPosition& from,
                                     std::int64_t limit) = 0;

    /// Throws Error{unavailable} unless the database answers; cheap.
    virtual void ping(const CallContext& context) = 0;
    virtual StoreStatus status(const CallContext& context) = 0;
};

}  // namespace rag

#pragma once

#include "memory/file_access.hpp"
#include "memory/reindex.hpp"
#include "memory/requests.hpp"
#include "rag/clock.hpp"
#include "rag/crawl_frontier.hpp"
#include "rag/document_reader.hpp"
#include "rag/embedder.hpp"
#include "rag/folder_watcher.hpp"
#include "rag/page_source.hpp"
#include "rag/search_index.hpp"
#include "rag/space_store.hpp"
#include "rag/store.hpp"
#include "rag/transfer.hpp"

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

namespace rag::memory {

/// What the memory is built on; everything must outlive it.
struct Ports {
    Store& store;
    CrawlFrontier& frontier;
    SearchIndex& index;
    Embedder& embedder;
    Web& web;
    Clock& clock;
    IdSource& ids;
    SpaceStore* spaces = nullptr;         ///< Null: collections cannot be moved to another model.
    Transfer* transfer = nullptr;         ///< Null: collections cannot be exported.
    DocumentReader* documents = nullptr;  ///< Null: PDF, DOCX and the like are refused.
};

struct Options {
    FilePolicy files;
    /// How long a collection that was looked up for a search may be used again. 0 where a look-up
    /// costs nothing (SQLite); a second where it is a round trip. Writes through this object are
    /// seen at once either way.
    std::chrono::milliseconds collections_kept{0};
    /// A job whose owner has not shown up for this long may be taken over.
    std::chrono::milliseconds job_lease{30'000};
    /// Crawls that one principal may start within an hour; 0: as many as it likes.
    int crawl_starts_per_hour = 0;
    std::string host;  ///< Name of this machine: a job about its files is resumed here only.
};

/// The product: collections, documents, ingest, search. Sequential, blocking, knows no wire. Safe
/// for concurrent use.
///
/// Every function honours the context's deadline and stop token. All throw Error:
/// `invalid_argument` or `not_found` with a sentence for the caller, `unauthorized` when the
/// caller's role does not suffice, `unavailable` when the database or the embedding service fails.
/// What a caller may not see does not exist for them. A write happens whole or not at all, document
/// by document.
class Memory final {
public:
    Memory(const Ports& ports, Options options);
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    // Collections --------------------------------------------------------------------------------

    /// Bound to the configured embedding model.
    Collection create_collection(const CallContext& context, const CreateCollection& request);
    /// Newest first.
    std::vector<Collection> list_collections(const CallContext& context);
    Collection update_collection_description(const CallContext& context,
                                             const UpdateCollectionDescription& request);
    CollectionDetails get_collection_info(const CallContext& context, std::string_view name);
    /// With the documents that are in no other one. Needs the role admin.
    DeletedCollection delete_collection(const CallContext& context, std::string_view name);
    /// See export_part.hpp.
    ExportedPart export_collection(const CallContext& context, const ExportCollection& request);

    // Documents ----------------------------------------------------------------------------------

    DocumentView get_document(const CallContext& context, const GetDocument& request);
    DocumentList list_documents(const CallContext& context, const ListDocuments& request);
    UpdatedDocument update_document(const CallContext& context, const UpdateDocument& request);
    DeletedDocument delete_document(const CallContext& context, DocumentId id);
    /// Oldest first, the current one last.
    std::vector<DocumentVersion> list_document_versions(const CallContext& context, DocumentId id);
    /// Makes the content of a kept version the current one (as a new version).
    UpdatedDocument restore_document_version(const CallContext& context,
                                             const RestoreDocumentVersion& request);

    // Search -------------------------------------------------------------------------------------

    SearchResult search(const CallContext& context, const SearchQuery& query);

    // Ingest -------------------------------------------------------------------------------------

    /// Long calls report progress and join an equal call that is running already: in this process,
    /// and for directories and sites on any server of the store.
    IngestedDocument ingest_text(const CallContext& context, const IngestText& request);
    IngestedDocument ingest_file(const CallContext& context, const IngestFile& request);
    DirectoryReport ingest_directory(const CallContext& context, const IngestDirectory& request);
    /// What ingest_directory would take in; writes nothing. A collection that is not there yet is
    /// taken as an empty one when `missing` says so.
    DirectoryEstimate estimate_directory(const CallContext& context, const IngestDirectory& request,
                                         MissingCollection missing);
    /// Brings the collection in step with the folder and keeps it so until the context's stop is
    /// requested; removes the documents of files that are gone or ignored. Waits for a store that
    /// does not answer.
    void watch_directory(const CallContext& context, const IngestDirectory& request,
                         FolderWatcher& watcher, const WatchListener& listener);
    CrawlReport ingest_url(const CallContext& context, const IngestUrl& request);
    SiteAnalysis analyze_website(const CallContext& context, const SiteAnalysisRequest& request);

    /// Each writes the call down as a job, to be done by run_job or whoever resumes it, and returns
    /// the job: an equal one that has not ended yet where there is one. What is wrong with the
    /// request is thrown as by the call itself, as far as it can be known without doing it.
    Job begin_ingest_text(const CallContext& context, const IngestText& request);
    Job begin_ingest_directory(const CallContext& context, const IngestDirectory& request);
    Job begin_ingest_url(const CallContext& context, const IngestUrl& request);

    // Re-index ---------------------------------------------------------------------------------

    /// Moves a collection to the configured model and, with a chunk size, cuts its passages anew;
    /// it answers as before until it is bound to the new model. `from` and `to` are filled in here.
    /// A job: a call for one that runs already joins it, one that died goes on where it was. Needs
    /// the role admin.
    ReindexReport reindex(const CallContext& context, const ReindexCollection& request);
    /// Only writes it down, for a server that is configured with the same model.
    Job begin_reindex(const CallContext& context, const ReindexCollection& request);

    // Jobs: ingest_directory and ingest_url, as they stand in the store
    // -----------------------------

    /// The caller's own; an admin sees all. Newest first.
    std::vector<Job> list_jobs(const CallContext& context, std::int64_t limit);
    Job get_job(const CallContext& context, std::string_view id);
    /// Asks it to stop; it does at its next page or file, on whatever server it runs.
    void stop_job(const CallContext& context, std::string_view id);
    /// Does the job on this thread with its first caller's rights; returns at once where another
    /// server does it or it has ended. What becomes of it stands in the store.
    void run_job(const CallContext& context, std::string_view id);
    /// Runs jobs whose process has died, one after the other, each with its first caller's rights.
    /// Call it at start and now and then, from a thread that may block. Returns how many it ran.
    std::int64_t resume_jobs(const CallContext& context);
    /// How many jobs this process works on now.
    std::size_t running_jobs() const;
    /// Stops running jobs at their next page or file and leaves them to be resumed. Never blocks.
    void shut_down();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace rag::memory

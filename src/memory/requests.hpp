#pragma once

#include "rag/collection.hpp"
#include "rag/document.hpp"
#include "rag/job.hpp"
#include "rag/metadata_filter.hpp"
#include "rag/page_source.hpp"
#include "rag/search.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What can be asked of the memory and what it answers: plain values, the same for an MCP tool, a
/// REST route and a command. A search is asked with rag::SearchQuery (rag/search.hpp), a site
/// analysis with rag::SiteAnalysisRequest (rag/page_source.hpp).
namespace rag::memory {

constexpr std::int64_t documents_listed_max = 200;
constexpr std::int64_t crawl_depth_max = 3;
constexpr std::int64_t crawl_pages_max = 10'000;
constexpr std::size_t failed_pages_named_max = 20;

// Collections ------------------------------------------------------------------------------------

struct CreateCollection {
    std::string name = {};
    std::string description = {};
};

struct UpdateCollectionDescription {
    std::string name = {};
    std::string description = {};
};

/// A collection as the lines that `rag export` writes, a part with each call.
struct ExportCollection {
    std::string name = {};
    std::optional<std::string> cursor = {};  ///< Of the part before; null: from the beginning.
    bool vectors = false;
    std::int64_t max_chars = content_code_points_default;  ///< Code points; at least 1.
};

struct ExportedPart {
    std::string collection = {};
    /// Where it was cut, between two code points: the parts put together are the export.
    std::string text = {};
    std::optional<std::string> next_cursor = {};  ///< Null: the export is complete.
};

// Documents --------------------------------------------------------------------------------------

struct GetDocument {
    DocumentId document_id = 0;
    bool include_chunks = false;
    std::optional<std::int64_t> version = {};  ///< Null: the current one.
    std::int64_t offset = 0;  ///< Code points of the content to leave out in front.
    std::int64_t max_chars = content_code_points_default;  ///< Code points; at least 1.
};

struct DocumentView {
    Document document;  ///< `content` is the part that was asked for.
    /// Where to go on reading, in code points; null when the content ends here.
    std::optional<std::int64_t> next_offset = {};
    /// Present when asked for; empty for a version that is not the current one.
    std::optional<std::vector<Chunk>> chunks = {};
};

struct ListDocuments {
    std::optional<std::string> collection = {};  ///< Null: all that the caller may see.
    std::int64_t limit = 50;  ///< More than documents_listed_max is read as that.
    std::int64_t offset = 0;
    MetadataFilter filter = {};
};

struct DocumentList {
    std::vector<DocumentSummary> documents = {};
    std::int64_t total_count = 0;
    bool has_more = false;
};

struct UpdateDocument {
    DocumentId document_id = 0;
    std::optional<std::string> content = {};
    std::optional<std::string> title = {};
    std::optional<Metadata> metadata = {};  ///< Merged shallowly into what is there.
};

struct UpdatedDocument {
    DocumentId document_id = 0;
    std::vector<std::string> updated_fields = {};  ///< Of metadata, title, content, in this order.
    std::int64_t old_chunk_count = 0;
    std::int64_t new_chunk_count = 0;
    std::int64_t version = 1;
};

struct RestoreDocumentVersion {
    DocumentId document_id = 0;
    std::int64_t version = 1;
};

// Ingest -----------------------------------------------------------------------------------------

enum class IngestStatus { created, updated, unchanged };

enum class TextMode {
    add,      ///< A known title with other content is a new document.
    replace,  ///< ... is a new version of the newest document of that title.
};

struct IngestText {
    std::string content = {};
    std::string collection = {};
    std::string title = {};  ///< Empty: one is made from the time.
    Metadata metadata = Metadata::object();
    TextMode mode = TextMode::add;
    bool include_chunk_ids = false;
};

struct IngestFile {
    std::string path = {};
    std::string collection = {};
    Metadata metadata = Metadata::object();
    bool include_chunk_ids = false;
};

struct IngestedDocument {
    DocumentId document_id = 0;
    IngestStatus status = IngestStatus::created;
    std::string collection = {};
    std::string filename = {};
    std::string file_type = {};
    std::int64_t file_size = 0;
    std::int64_t num_chunks = 0;
    std::optional<std::vector<ChunkId>> chunk_ids = {};  ///< Present when asked for.
};

struct IngestDirectory {
    std::string path = {};
    std::string collection = {};
    std::vector<std::string> extensions = {".txt", ".md"};  ///< With or without the dot.
    bool recursive = false;
    bool include_hidden = false;  ///< Secrets stay out all the same.
    bool prune = false;           ///< Remove documents whose file is gone.
    bool include_document_ids = false;
    Metadata metadata = Metadata::object();
};

struct FailedFile {
    std::string filename = {};  ///< Relative to the directory.
    std::string error = {};
};

struct DirectoryReport {
    std::string collection = {};
    std::int64_t files_found = 0;     ///< files_ingested + files_failed.
    std::int64_t files_ingested = 0;  ///< New, updated and unchanged ones.
    std::int64_t files_failed = 0;
    std::int64_t files_unchanged = 0;
    std::int64_t files_updated = 0;
    std::int64_t files_removed = 0;
    std::int64_t total_chunks = 0;
    bool pruned = false;  ///< Whether removing was asked for.
    std::vector<FailedFile> failed_files = {};
    std::optional<std::vector<DocumentId>> document_ids = {};  ///< Present when asked for.
};

enum class FolderChangeKind { added, updated, removed, failed };

/// What became of a document of a watched folder.
struct FolderChange {
    FolderChangeKind kind = FolderChangeKind::added;
    std::string filename = {};    ///< Relative to the folder.
    DocumentId document_id = 0;   ///< 0 when it failed.
    std::int64_t num_chunks = 0;  ///< Added or updated: how many it has now.
    std::string error = {};       ///< Failed: why.
};

/// What a look at a folder found and did.
struct FolderSummary {
    std::int64_t files = 0;
    std::int64_t added = 0;
    std::int64_t updated = 0;
    std::int64_t removed = 0;
    std::int64_t failed = 0;
};

/// Who is told what a watched folder does; all must be there. Called on the watching thread.
struct WatchListener {
    std::function<void(const FolderChange&)> on_change = {};
    /// Once, after the first look at everything.
    std::function<void(const FolderSummary&)> on_in_step = {};
    /// A sentence for people: what does not work, and what is done about it.
    std::function<void(const std::string&)> on_notice = {};
};

enum class MissingCollection { is_an_error, is_empty };

/// What taking in a folder would do.
struct DirectoryEstimate {
    std::string collection = {};
    std::int64_t files_found = 0;  ///< The three below and files_failed.
    std::int64_t files_new = 0;
    std::int64_t files_changed = 0;
    std::int64_t files_unchanged = 0;  ///< Counted in nothing that follows.
    std::int64_t files_failed = 0;
    std::int64_t files_removed = 0;  ///< Documents that prune would remove.
    std::int64_t bytes = 0;          ///< Of the files.
    std::int64_t chunks = 0;
    std::int64_t tokens = 0;  ///< Estimated: what an embedding service would count.
    bool pruned = false;      ///< Whether removing was asked for.
    std::vector<FailedFile> failed_files = {};
};

enum class CrawlMode { crawl, recrawl };

struct IngestUrl {
    std::string url = {};
    std::string collection = {};
    CrawlMode mode = CrawlMode::crawl;
    bool follow_links = false;
    std::int64_t max_depth = 1;   ///< 0 to crawl_depth_max.
    std::int64_t max_pages = 50;  ///< 1 to crawl_pages_max.
    std::vector<std::string> include_patterns = {};
    std::vector<std::string> exclude_patterns = {};
    RenderMode render = RenderMode::automatic;
    Metadata metadata = Metadata::object();  ///< Added to every page.
    bool include_document_ids = false;
};

struct CrawlReport {
    CrawlMode mode = CrawlMode::crawl;
    std::string collection = {};
    std::int64_t pages_crawled = 0;   ///< Fetched, 304 included.
    std::int64_t pages_ingested = 0;  ///< New, updated and unchanged ones.
    std::int64_t pages_unchanged = 0;
    std::int64_t pages_failed = 0;
    std::int64_t pages_folded = 0;      ///< Their content stands on another page of the crawl.
    std::int64_t pages_rendered = 0;    ///< They are what their scripts made of them.
    std::int64_t pages_unrendered = 0;  ///< They need their scripts, but there is no browser.
    std::int64_t bytes = 0;             ///< Received.
    std::int64_t total_chunks = 0;
    std::int64_t old_pages_deleted = 0;  ///< Let go by a recrawl.
    /// Of the pages that were read anew: how many are a product, an article..., and how many say
    /// a thing like price or author for machines.
    std::map<std::string, std::int64_t> page_types = {};
    std::map<std::string, std::int64_t> page_fields = {};
    std::vector<FailedPage> failed_pages = {};  ///< At most failed_pages_named_max.
    std::string crawl_root_url = {};
    std::string crawl_session_id = {};
    Timestamp crawl_timestamp{};
    std::optional<std::vector<DocumentId>> document_ids = {};  ///< Present when asked for.
};

}  // namespace rag::memory

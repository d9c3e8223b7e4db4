#pragma once

#include "base/json.hpp"
#include "memory/requests.hpp"
#include "rag/store.hpp"

#include <string_view>
#include <vector>

/// The result objects that clients see, made from the result values; the same for tools, the REST
/// interface and `--json` of the command line.
namespace rag::memory {

enum class HitFields { basic, with_metadata };
enum class DocumentFields { basic, detailed };
enum class UrlLists { leave_out, include };

/// Result of list_collections: {"result": [...]}.
Json collections_form(const std::vector<Collection>& collections);
/// One element of it.
Json collection_form(const Collection& collection);
Json created_collection_form(const Collection& collection);
Json updated_collection_form(const Collection& collection);
Json collection_info_form(const CollectionDetails& details);
Json deleted_collection_form(std::string_view name, const DeletedCollection& deleted);

Json document_form(const DocumentView& view);
Json document_list_form(const DocumentList& list, DocumentFields fields);
Json updated_document_form(const UpdatedDocument& updated);
Json deleted_document_form(DocumentId id, const DeletedDocument& deleted);
Json exported_part_form(const ExportedPart& part);
Json document_versions_form(DocumentId id, const std::vector<DocumentVersion>& versions);

/// Result of search_documents: {"result": [...]}.
Json search_form(const SearchResult& result, HitFields fields);
/// For the result's `_meta`: {"notes": [...]}, "answered_by": "database" while the copy of this
/// server is not there or leaves the collection out, "index_cut_off_since" while it does not hear
/// from the database. Null when there is nothing to say.
Json search_notes_form(const SearchResult& result);

Json ingested_text_form(const IngestedDocument& ingested);
Json ingested_file_form(const IngestedDocument& ingested);
Json directory_report_form(const DirectoryReport& report);
/// Inverse of directory_report_form.
DirectoryReport read_directory_report(const Json& form);
Json crawl_report_form(const CrawlReport& report);
/// Inverse of crawl_report_form.
CrawlReport read_crawl_report(const Json& form);
Json site_analysis_form(const SiteAnalysis& analysis, UrlLists lists);

/// What people and programs see of a job: no request, no lease.
Json job_form(const Job& job);

std::string_view to_string(IngestStatus status);
std::string_view to_string(CrawlMode mode);
std::string_view to_string(JobState state);

}  // namespace rag::memory

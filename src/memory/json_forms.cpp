#include "memory/json_forms.hpp"

#include "base/time_text.hpp"
#include "memory/explanation_form.hpp"
#include "rag/error.hpp"

namespace rag::memory {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// {"result": [...]} with each element's form.
template <class List, class Form>
Json wrap(const List& list, Form form) {
    Json result = Json::array();
    for (const auto& element : list) {
        result.push_back(form(element));
    }
    return {{"result", std::move(result)}};
}

Json chunk_form(const Chunk& chunk) {
    return {{"chunk_id", chunk.id},
            {"chunk_index", chunk.chunk_index},
            {"content", chunk.content},
            {"char_start", or_null(chunk.char_start)},
            {"char_end", or_null(chunk.char_end)}};
}

Json hit_form(const SearchHit& hit, HitFields fields) {
    Json form = {{"content", hit.chunk.content},
                 {"similarity", or_null(hit.similarity)},
                 {"source_document_id", hit.document_id},
                 {"source_filename", hit.filename}};
    if (hit.source_content) {
        form["source_content"] = *hit.source_content;
        if (hit.source_next_offset) {
            form["truncated"] = true;
            form["next_offset"] = *hit.source_next_offset;
        }
    }
    if (fields == HitFields::with_metadata) {
        form["chunk_id"] = hit.chunk.id;
        form["chunk_index"] = hit.chunk.chunk_index;
        form["char_start"] = or_null(hit.chunk.char_start);
        form["char_end"] = or_null(hit.chunk.char_end);
        form["metadata"] = hit.metadata;
        form["score"] = hit.score;
        form["rank_vector"] = or_null(hit.rank_vector);
        form["rank_keyword"] = or_null(hit.rank_keyword);
        form["heading_path"] = hit.chunk.heading_path;
        form["source_url"] = or_null(hit.source_url);
    }
    if (hit.explanation) {
        form["explain"] = hit_explanation_form(hit);
    }
    return form;
}

Json summary_form(const DocumentSummary& document, DocumentFields fields) {
    Json form = {{"id", document.id},
                 {"filename", document.filename},
                 {"chunk_count", document.chunk_count}};
    if (fields == DocumentFields::detailed) {
        form["file_type"] = document.file_type;
        form["file_size"] = document.file_size;
        form["created_at"] = to_iso8601(document.created_at);
        form["updated_at"] = to_iso8601(document.updated_at);
        form["collections"] = document.collections;
        form["metadata"] = document.metadata;
    }
    return form;
}

/// What the reports of ingested documents have in common.
void add_ingested(Json& form, const IngestedDocument& ingested) {
    form["source_document_id"] = ingested.document_id;
    form["num_chunks"] = ingested.num_chunks;
    form["collection_name"] = ingested.collection;
    form["status"] = to_string(ingested.status);
    if (ingested.chunk_ids) {
        form["chunk_ids"] = *ingested.chunk_ids;
    }
}

std::optional<std::vector<DocumentId>> read_ids(const Json& form) {
    return form.contains("document_ids")
               ? std::optional(form.at("document_ids").get<std::vector<DocumentId>>())
               : std::nullopt;
}

template <class Read>
auto read_or_corrupt(Read read) {
    try {
        return read();
    } catch (const Json::exception&) {
        throw Error(ErrorCode::corrupt, "The stored result of a job cannot be read.");
    }
}

}  // namespace

Json collection_form(const Collection& collection) {
    return {{"name", collection.name},
            {"description", collection.description},
            {"document_count", collection.document_count},
            {"created_at", to_iso8601(collection.created_at)},
            {"chunk_count", collection.chunk_count},
            {"embedding_model", collection.space.model}};
}

Json collections_form(const std::vector<Collection>& collections) {
    return wrap(collections, collection_form);
}

Json created_collection_form(const Collection& collection) {
    return {{"collection_id", collection.id},
            {"name", collection.name},
            {"description", collection.description},
            {"created", true}};
}

Json updated_collection_form(const Collection& collection) {
    return {{"name", collection.name}, {"description", collection.description}, {"updated", true}};
}

Json collection_info_form(const CollectionDetails& details) {
    Json crawled = Json::array();
    for (const CrawledUrl& site : details.crawled_urls) {
        crawled.push_back({{"url", site.url},
                           {"timestamp", to_iso8601(site.timestamp)},
                           {"page_count", site.page_count},
                           {"chunk_count", site.chunk_count}});
    }
    const Collection& collection = details.collection;
    return {{"name", collection.name},
            {"description", collection.description},
            {"document_count", collection.document_count},
            {"chunk_count", collection.chunk_count},
            {"created_at", to_iso8601(collection.created_at)},
            {"sample_documents", details.sample_documents},
            {"crawled_urls", std::move(crawled)},
            {"embedding_model", collection.space.model},
            {"dimensions", collection.space.dimensions},
            {"size_bytes", details.size_bytes}};
}

Json deleted_collection_form(std::string_view name, const DeletedCollection& deleted) {
    return {{"name", name},
            {"deleted", true},
            {"documents_deleted", deleted.documents_deleted},
            {"chunks_deleted", deleted.chunks_deleted}};
}

Json document_form(const DocumentView& view) {
    const Document& document = view.document;
    Json form = {{"id", document.id},
                 {"filename", document.filename},
                 {"content", document.content},
                 {"file_type", document.file_type},
                 {"file_size", document.file_size},
                 {"metadata", document.metadata},
                 {"created_at", to_iso8601(document.created_at)},
                 {"updated_at", to_iso8601(document.updated_at)},
                 {"version", document.version},
                 {"versions", document.versions},
                 {"collections", document.collections}};
    if (view.next_offset) {
        form["truncated"] = true;
        form["next_offset"] = *view.next_offset;
    }
    if (view.chunks) {
        form["chunks"] = wrap(*view.chunks, chunk_form).at("result");
    }
    return form;
}

Json document_list_form(const DocumentList& list, DocumentFields fields) {
    Json documents = wrap(list.documents, [&](const DocumentSummary& document) {
                         return summary_form(document, fields);
                     }).at("result");
    return {{"documents", std::move(documents)},
            {"total_count", list.total_count},
            {"returned_count", list.documents.size()},
            {"has_more", list.has_more}};
}

Json updated_document_form(const UpdatedDocument& updated) {
    return {{"document_id", updated.document_id},
            {"updated_fields", updated.updated_fields},
            {"old_chunk_count", updated.old_chunk_count},
            {"new_chunk_count", updated.new_chunk_count}};
}

Json deleted_document_form(DocumentId id, const DeletedDocument& deleted) {
    return {{"document_id", id},
            {"document_title", deleted.filename},
            {"chunks_deleted", deleted.chunks_deleted},
            {"collections_affected", deleted.collections}};
}

Json exported_part_form(const ExportedPart& part) {
    return {{"collection_name", part.collection},
            {"jsonl", part.text},
            {"next_cursor", part.next_cursor ? Json(*part.next_cursor) : Json(nullptr)}};
}

Json document_versions_form(DocumentId id, const std::vector<DocumentVersion>& versions) {
    Json list = wrap(versions, [](const DocumentVersion& version) {
                    return Json{{"version", version.version},
                                {"content_hash", version.content_hash},
                                {"file_size", version.file_size},
                                {"created_at", to_iso8601(version.created_at)},
                                {"current", version.current}};
                }).at("result");
    return {{"document_id", id}, {"versions", std::move(list)}};
}

Json search_form(const SearchResult& result, HitFields fields) {
    Json form = wrap(result.hits, [&](const SearchHit& hit) { return hit_form(hit, fields); });
    if (result.explanation) {
        form["explain"] = search_explanation_form(result);
    }
    return form;
}

Json search_notes_form(const SearchResult& result) {
    Json form;
    if (!result.notes.empty()) {
        form["notes"] = result.notes;
    }
    if (result.route.path == SearchPath::fallback) {
        form["answered_by"] = "database";
    }
    if (result.route.cut_off_since) {
        form["index_cut_off_since"] = to_iso8601(*result.route.cut_off_since);
    }
    return form;
}

Json ingested_text_form(const IngestedDocument& ingested) {
    Json form = Json::object();
    add_ingested(form, ingested);
    return form;
}

Json ingested_file_form(const IngestedDocument& ingested) {
    Json form = {{"filename", ingested.filename},
                 {"file_type", ingested.file_type},
                 {"file_size", ingested.file_size}};
    add_ingested(form, ingested);
    return form;
}

Json directory_report_form(const DirectoryReport& report) {
    Json form = {
        {"files_found", report.files_found},    {"files_ingested", report.files_ingested},
        {"files_failed", report.files_failed},  {"total_chunks", report.total_chunks},
        {"collection_name", report.collection}, {"files_unchanged", report.files_unchanged},
        {"files_updated", report.files_updated}};
    if (report.pruned) {
        form["files_removed"] = report.files_removed;
    }
    if (report.document_ids) {
        form["document_ids"] = *report.document_ids;
    }
    if (!report.failed_files.empty()) {
        form["failed_files"] = wrap(report.failed_files, [](const FailedFile& file) {
                                   return Json{{"filename", file.filename}, {"error", file.error}};
                               }).at("result");
    }
    return form;
}

DirectoryReport read_directory_report(const Json& form) {
    return read_or_corrupt([&] {
        DirectoryReport report;
        report.files_found = form.at("files_found").get<std::int64_t>();
        report.files_ingested = form.at("files_ingested").get<std::int64_t>();
        report.files_failed = form.at("files_failed").get<std::int64_t>();
        report.total_chunks = form.at("total_chunks").get<std::int64_t>();
        report.collection = form.at("collection_name").get<std::string>();
        report.files_unchanged = form.at("files_unchanged").get<std::int64_t>();
        report.files_updated = form.at("files_updated").get<std::int64_t>();
        report.pruned = form.contains("files_removed");
        report.files_removed = form.value("files_removed", std::int64_t{0});
        report.document_ids = read_ids(form);
        for (const Json& file : form.value("failed_files", Json::array())) {
            report.failed_files.push_back(
                {file.at("filename").get<std::string>(), file.at("error").get<std::string>()});
        }
        return report;
    });
}

Json crawl_report_form(const CrawlReport& report) {
    Json form = {{"mode", to_string(report.mode)},
                 {"pages_crawled", report.pages_crawled},
                 {"pages_ingested", report.pages_ingested},
                 {"pages_unchanged", report.pages_unchanged},
                 {"pages_failed", report.pages_failed},
                 {"pages_folded", report.pages_folded},
                 {"bytes", report.bytes},
                 {"total_chunks", report.total_chunks},
                 {"collection_name", report.collection},
                 {"crawl_metadata",
                  {{"crawl_root_url", report.crawl_root_url},
                   {"crawl_session_id", report.crawl_session_id},
                   {"crawl_timestamp", to_iso8601(report.crawl_timestamp)}}}};
    if (report.mode == CrawlMode::recrawl) {
        form["old_pages_deleted"] = report.old_pages_deleted;
    }
    if (report.document_ids) {
        form["document_ids"] = *report.document_ids;
    }
    if (!report.page_types.empty() || !report.page_fields.empty()) {
        form["data_quality"] = {{"page_types", report.page_types}, {"fields", report.page_fields}};
    }
    if (report.pages_rendered > 0) {
        form["pages_rendered"] = report.pages_rendered;
    }
    if (report.pages_unrendered > 0) {
        form["pages_unrendered"] = report.pages_unrendered;
        form["notes"] =
            "Pages that hold hardly any text before their scripts have run: " +
            std::to_string(report.pages_unrendered) +
            ". This server has no browser to run them. Install chromium-headless-shell or set "
            "RAG_BROWSER, then use mode='recrawl'.";
    }
    if (!report.failed_pages.empty()) {
        form["failed_pages"] =
            wrap(report.failed_pages, [](const FailedPage& page) {
                return Json{{"url", page.url}, {"status", page.status}, {"error", page.error}};
            }).at("result");
    }
    return form;
}

CrawlReport read_crawl_report(const Json& form) {
    return read_or_corrupt([&] {
        CrawlReport report;
        report.mode = form.at("mode") == "recrawl" ? CrawlMode::recrawl : CrawlMode::crawl;
        report.collection = form.at("collection_name").get<std::string>();
        report.pages_crawled = form.at("pages_crawled").get<std::int64_t>();
        report.pages_ingested = form.at("pages_ingested").get<std::int64_t>();
        report.pages_unchanged = form.at("pages_unchanged").get<std::int64_t>();
        report.pages_failed = form.at("pages_failed").get<std::int64_t>();
        report.pages_folded = form.value("pages_folded", std::int64_t{0});
        report.pages_rendered = form.value("pages_rendered", std::int64_t{0});
        report.pages_unrendered = form.value("pages_unrendered", std::int64_t{0});
        report.bytes = form.value("bytes", std::int64_t{0});
        report.total_chunks = form.at("total_chunks").get<std::int64_t>();
        report.old_pages_deleted = form.value("old_pages_deleted", std::int64_t{0});
        const Json& crawl = form.at("crawl_metadata");
        report.crawl_root_url = crawl.at("crawl_root_url").get<std::string>();
        report.crawl_session_id = crawl.at("crawl_session_id").get<std::string>();
        report.crawl_timestamp =
            from_iso8601(crawl.at("crawl_timestamp").get<std::string>()).value_or(Timestamp{});
        report.document_ids = read_ids(form);
        if (const auto quality = form.find("data_quality"); quality != form.end()) {
            quality->at("page_types").get_to(report.page_types);
            quality->at("fields").get_to(report.page_fields);
        }
        for (const Json& page : form.value("failed_pages", Json::array())) {
            report.failed_pages.push_back({page.at("url").get<std::string>(),
                                           page.at("status").get<int>(),
                                           page.at("error").get<std::string>()});
        }
        return report;
    });
}

Json site_analysis_form(const SiteAnalysis& analysis, UrlLists lists) {
    Json patterns = Json::object();
    Json groups = Json::object();
    for (const auto& [segment, pattern] : analysis.patterns) {
        patterns[segment] = {{"count", pattern.count},
                             {"avg_depth", pattern.average_depth},
                             {"example_urls", pattern.example_urls}};
        groups[segment] = pattern.urls;
    }
    Json form = {{"base_url", analysis.base_url},        {"analysis_method", analysis.method},
                 {"total_urls", analysis.total_urls},    {"domains", analysis.domains},
                 {"pattern_stats", std::move(patterns)}, {"notes", analysis.notes},
                 {"llms_txt", analysis.llms_txt}};
    if (lists == UrlLists::include) {
        form["url_groups"] = std::move(groups);
    }
    if (const DataQuality& quality = analysis.data_quality; quality.pages_read > 0) {
        form["data_quality"] = {{"pages_read", quality.pages_read},
                                {"forms", quality.forms},
                                {"page_types", quality.page_types},
                                {"fields", quality.fields}};
    }
    return form;
}

Json job_form(const Job& job) {
    Json form = {{"id", job.id},
                 {"kind", job.kind},
                 {"state", to_string(job.state)},
                 {"progress", job.progress},
                 {"created_at", to_iso8601(job.created_at)},
                 {"updated_at", to_iso8601(job.updated_at)}};
    if (job.state == JobState::completed) {
        form["result"] = job.result;
    }
    if (!job.error.empty()) {
        form["error"] = job.error;
    }
    if (job.stop_requested) {
        form["stop_requested"] = true;
    }
    return form;
}

std::string_view to_string(IngestStatus status) {
    switch (status) {
        case IngestStatus::created: return "created";
        case IngestStatus::updated: return "updated";
        case IngestStatus::unchanged: return "unchanged";
    }
    return "created";
}

std::string_view to_string(CrawlMode mode) {
    return mode == CrawlMode::crawl ? "crawl" : "recrawl";
}

std::string_view to_string(JobState state) {
    switch (state) {
        case JobState::queued: return "queued";
        case JobState::running: return "running";
        case JobState::completed: return "completed";
        case JobState::failed: return "failed";
        case JobState::cancelled: return "cancelled";
    }
    return "queued";
}

}  // namespace rag::memory

#include "memory/site_ingest.hpp"

#include "base/time_text.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/directory_ingest.hpp"
#include "memory/identity.hpp"
#include "memory/job_requests.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {
namespace {

constexpr std::int64_t documents_read_at_once = 200;

void check_bounds(const IngestUrl& request) {
    if (request.max_depth < 0 || request.max_depth > crawl_depth_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`max_depth` must be between 0 and {}, but is {}.", crawl_depth_max,
                                request.max_depth));
    }
    if (request.max_pages < 1 || request.max_pages > crawl_pages_max) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`max_pages` must be between 1 and {}, but is {}.", crawl_pages_max,
                                request.max_pages));
    }
}

std::string text_at(const Metadata& metadata, const char* key) {
    const auto found = metadata.find(key);
    return found != metadata.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
}

/// The crawls that own a page.
std::vector<std::string> owners_of(const Metadata& metadata) {
    std::vector<std::string> owners;
    if (const auto found = metadata.find("crawl_owners");
        found != metadata.end() && found->is_array()) {
        for (const Json& owner : *found) {
            if (owner.is_string()) {
                owners.push_back(owner.get<std::string>());
            }
        }
    }
    const std::string last = text_at(metadata, "crawl_root_url");
    if (owners.empty() && !last.empty()) {
        owners.push_back(last);
    }
    return owners;
}

/// The URL that a page is stored under.
std::string url_of(const DocumentSummary& page) {
    const std::string source = text_at(page.metadata, "source");
    const std::optional<Url> url = parse_url(source);
    return url ? url->text() : source;
}

std::string normalised_or_same(const std::string& text) {
    const std::optional<Url> url = parse_url(text);
    return url ? url->text() : text;
}

bool is_gone(int status) {
    return status == 404 || status == 410;
}

bool holds_all(const std::vector<std::string>& all, const std::vector<std::string>& some) {
    return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    });
}

CrawlRequest to_crawl(const IngestUrl& request) {
    CrawlRequest crawl;
    crawl.url = request.url;
    crawl.follow_links = request.follow_links;
    crawl.max_depth = request.max_depth;
    crawl.max_pages = request.max_pages;
    crawl.include_patterns = request.include_patterns;
    crawl.exclude_patterns = request.exclude_patterns;
    crawl.render = request.render;
    return crawl;
}

}  // namespace

std::string normalised_url(const std::string& text) {
    const std::optional<Url> url = parse_url(trim(text));
    if (!url) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("`url` must be an http or https URL, but is '{}'.", text));
    }
    return url->text();
}

bool is_same_or_wider(const IngestUrl& next, const IngestUrl& last) {
    const bool depth =
        !last.follow_links || (next.follow_links && next.max_depth >= last.max_depth);
    const bool includes =
        next.include_patterns.empty() ||
        (!last.include_patterns.empty() && holds_all(next.include_patterns, last.include_patterns));
    return depth && includes && next.max_pages >= last.max_pages &&
           holds_all(last.exclude_patterns, next.exclude_patterns);
}

void SiteIngest::check(const CallContext& context, const IngestUrl& request) {
    require_role(context, Role::writer, "ingest websites");
    check_bounds(request);
    check_metadata(request.metadata);
    const Collection collection = require_collection_to_fill(context, store_, request.collection);
    const std::string root = normalised_url(request.url);
    if (request.mode == CrawlMode::recrawl) {
        return;
    }
    const History history = read_history(context, collection, root, "");
    if (history.running || (history.any && !history.completed)) {
        return;  // To be joined, or taken up where it was broken off.
    }
    const OwnedPages owned = find_owned(context, collection, root);
    if (owned.empty()) {
        return;
    }
    std::int64_t chunks = 0;
    std::string newest;
    for (const auto& [url, page] : owned) {
        chunks += page.chunk_count;
        newest = std::max(newest, text_at(page.metadata, "crawl_timestamp"));
    }
    throw Error(ErrorCode::conflict,
                fmt::format("URL '{}' has already been crawled into collection '{}' ({} pages, {} "
                            "chunks, at {}). To bring it up to date, use mode='recrawl'.",
                            root, collection.name, owned.size(), chunks, newest));
}

CrawlReport SiteIngest::run(const CallContext& context, const IngestUrl& request, JobNotes& notes) {
    Run run;
    run.collection = require_collection_to_fill(context, store_, request.collection);
    require_space(run.collection, writer_.space());
    run.request = request;
    run.root = normalised_url(request.url);
    run.owned = find_owned(context, run.collection, run.root);
    run.report.mode = request.mode;
    run.report.collection = run.collection.name;
    run.report.crawl_root_url = run.root;
    run.report.crawl_session_id = ids_.uuid();
    run.report.crawl_timestamp = clock_.now();
    if (request.include_document_ids) {
        run.report.document_ids.emplace();
    }
    context.report({0, std::nullopt, "Opening " + run.root});
    crawl(context, run, notes);
    if (request.mode == CrawlMode::recrawl && !run.owned.empty()) {
        for (const auto& [url, status] : std::map(run.gone)) {
            if (run.owned.contains(url)) {
                let_go(context, run, url);
            }
        }
        const History history = read_history(context, run.collection, run.root, notes.id);
        if (!history.last_bounds || is_same_or_wider(request, *history.last_bounds)) {
            ask_for_unreached(context, run);
        }
    }
    return run.report;
}

void SiteIngest::crawl(const CallContext& context, Run& run, JobNotes& notes) {
    CrawlRequest request = to_crawl(run.request);
    for (const auto& [url, page] : run.owned) {
        const std::string etag = text_at(page.metadata, "etag");
        if (!etag.empty()) {
            request.etags.emplace(url, etag);
        }
    }
    const std::unique_ptr<PageSource> source = web_.crawl(context, request);
    while (const std::optional<Page> page = source->next(context)) {
        take(context, run, *page);
        notes.set_progress({{"pages_crawled", run.report.pages_crawled},
                            {"pages_ingested", run.report.pages_ingested}});
        context.report({static_cast<double>(run.report.pages_crawled), std::nullopt, page->url});
    }
    if (run.report.pages_crawled == 0) {
        const std::vector<FailedPage>& failures = source->failed();
        const std::string why =
            failures.empty() ? "the site's robots.txt or the given patterns leave no page to fetch"
                             : failures.front().error;
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Nothing could be fetched from '{}': {}. Nothing was changed.",
                                run.root, why.substr(0, why.find_last_not_of('.') + 1)));
    }
    note_failures(run, source->failed());
}

void SiteIngest::take(const CallContext& context, Run& run, const Page& page) {
    context.check();
    const std::string url = normalised_or_same(page.url);
    run.reached.insert(url);
    ++run.report.pages_crawled;
    CallContext silent = context;  // Progress is told by page, not by batch.
    silent.on_progress = {};
    try {
        count(run, store_page(silent, run, page, url));
        run.unavailable_in_a_row = 0;
    } catch (const Error& error) {
        const bool over =
            error.code() == ErrorCode::cancelled || error.code() == ErrorCode::deadline_exceeded;
        if (over || (error.code() == ErrorCode::unavailable &&
                     ++run.unavailable_in_a_row >= unavailable_in_a_row_max)) {
            throw;
        }
        note_failures(run, {{url, 200, error.message()}});
    }
}

WrittenDocument SiteIngest::store_page(const CallContext& context, Run& run, const Page& page,
                                       const std::string& url) {
    const std::string identity = url_identity(url);
    const std::optional<DocumentSummary> known =
        store_.find_by_identity(context, run.collection.id, identity);
    if (page.unchanged) {
        if (!known) {
            throw Error(ErrorCode::conflict, "The page was removed while it was being fetched.");
        }
        DocumentUpdate update;
        Metadata metadata = page_metadata(run, page, url, known);
        for (const char* key : {"status_code", "content_length", "title", "description"}) {
            metadata.erase(key);  // Of the answer 304, not of the page.
        }
        update.metadata = std::move(metadata);
        store_.update_document(context, known->id, update);
        return {known->id, IngestStatus::unchanged, false, known->chunk_count};
    }
    SourceDocument source;
    source.identity = identity;
    const std::string title(first_code_points(page.title, title_code_points_max));
    source.filename = is_blank(title) ? url : title;
    source.title = Title::follow;
    source.content = clean_content(page.markdown, fmt::format("Page {}", url));
    source.file_type = "web_page";
    source.file_size = static_cast<std::int64_t>(source.content.size());
    if (const auto length = page.metadata.find("content_length");
        length != page.metadata.end() && length->is_number_integer()) {
        source.file_size = length->get<std::int64_t>();
    }
    source.format = text::TextFormat::markdown;
    source.metadata = page_metadata(run, page, url, known);
    WrittenDocument written = writer_.write(context, run.collection, source);
    if (written.status == IngestStatus::updated && !written.content_changed) {
        written.status = IngestStatus::unchanged;  // Only the session's keys are new.
    }
    return written;
}

Metadata SiteIngest::page_metadata(const Run& run, const Page& page, const std::string& url,
                                   const std::optional<DocumentSummary>& known) const {
    Metadata metadata = run.request.metadata;
    if (page.metadata.is_object()) {
        metadata.update(page.metadata);
    }
    metadata["source"] = url;
    metadata["content_type"] = "web_page";
    metadata["crawl_root_url"] = run.root;
    metadata["crawl_timestamp"] = to_iso8601(run.report.crawl_timestamp);
    metadata["crawl_session_id"] = run.report.crawl_session_id;
    metadata["crawl_depth"] = page.depth;
    if (page.parent_url) {
        metadata["parent_url"] = *page.parent_url;
    }
    if (known) {
        std::vector<std::string> owners = owners_of(known->metadata);
        if (!holds_all(owners, {run.root})) {
            owners.push_back(run.root);
        }
        if (owners.size() > 1 || known->metadata.contains("crawl_owners")) {
            metadata["crawl_owners"] = owners;
        }
    }
    return metadata;
}

void SiteIngest::count(Run& run, const WrittenDocument& written) {
    CrawlReport& report = run.report;
    ++report.pages_ingested;
    report.pages_unchanged += written.status == IngestStatus::unchanged ? 1 : 0;
    report.total_chunks += written.num_chunks;
    if (report.document_ids) {
        report.document_ids->push_back(written.id);
    }
}

/// A page that is gone and is this crawl's own is let go by a recrawl and is not a failure.
void SiteIngest::note_failures(Run& run, const std::vector<FailedPage>& failures) {
    for (const FailedPage& failure : failures) {
        const std::string url = normalised_or_same(failure.url);
        if (is_gone(failure.status) && run.request.mode == CrawlMode::recrawl &&
            run.owned.contains(url)) {
            run.gone.emplace(url, failure.status);
            continue;
        }
        run.reached.insert(url);
        ++run.report.pages_failed;
        if (run.report.failed_pages.size() < failed_pages_named_max) {
            run.report.failed_pages.push_back(failure);
        }
    }
}

/// Pages of earlier crawls that no link led to this time.
void SiteIngest::ask_for_unreached(const CallContext& context, Run& run) {
    for (const auto& [url, known] : run.owned) {
        if (run.reached.contains(url) || run.gone.contains(url)) {
            continue;
        }
        context.check();
        CrawlRequest request = to_crawl(run.request);
        request.url = url;
        request.follow_links = false;
        request.max_depth = 0;
        request.max_pages = 1;
        const std::string etag = text_at(known.metadata, "etag");
        if (!etag.empty()) {
            request.etags.emplace(url, etag);
        }
        const std::unique_ptr<PageSource> source = web_.crawl(context, request);
        if (std::optional<Page> page = source->next(context)) {
            // Asked for by itself it would seem to be a root.
            page->depth = known.metadata.value("crawl_depth", std::int64_t{0});
            take(context, run, *page);
            context.report(
                {static_cast<double>(run.report.pages_crawled), std::nullopt, page->url});
            continue;
        }
        note_failures(run, source->failed());
        if (run.gone.contains(url)) {
            let_go(context, run, url);
        }
    }
}

void SiteIngest::let_go(const CallContext& context, Run& run, const std::string& url) {
    const DocumentSummary& page = run.owned.at(url);
    std::vector<std::string> owners = owners_of(page.metadata);
    std::erase(owners, run.root);
    ++run.report.old_pages_deleted;
    if (owners.empty()) {
        store_.delete_document(context, page.id);
        return;
    }
    DocumentUpdate update;
    update.metadata = Metadata{{"crawl_owners", owners}, {"crawl_root_url", owners.back()}};
    store_.update_document(context, page.id, update);
}

SiteIngest::OwnedPages SiteIngest::find_owned(const CallContext& context,
                                              const Collection& collection,
                                              const std::string& root) {
    OwnedPages owned;
    for (const char* key : {"crawl_root_url", "crawl_owners"}) {
        DocumentQuery query;
        query.collections = {collection.id};
        query.filter.conditions = {{key, FilterOperator::contains, root}};
        query.limit = documents_read_at_once;
        for (;;) {
            DocumentPage page = store_.list_documents(context, query);
            for (DocumentSummary& document : page.documents) {
                const std::string url = url_of(document);
                owned.insert_or_assign(url, std::move(document));
            }
            query.offset += documents_read_at_once;
            if (query.offset >= page.total_count || page.documents.empty()) {
                break;
            }
        }
    }
    return owned;
}

SiteIngest::History SiteIngest::read_history(const CallContext& context,
                                             const Collection& collection, const std::string& root,
                                             std::string_view own_job) {
    History history;
    for (const Job& job : store_.list_jobs(context, jobs_listed_max)) {
        if (job.kind != url_job || job.id == own_job || !job.request.is_object() ||
            job.request.value("collection_id", CollectionId{0}) != collection.id ||
            job.request.value("root", std::string()) != root) {
            continue;
        }
        history.any = true;
        history.running =
            history.running || job.state == JobState::queued || job.state == JobState::running;
        if (job.state == JobState::completed && !history.completed) {
            history.completed = true;
            history.last_bounds = read_url_request(job.request.at("arguments"));
        }
    }
    return history;
}

}  // namespace rag::memory

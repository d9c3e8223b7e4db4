#include "memory/site_ingest.hpp"

#include "base/time_text.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/crawl_bounds.hpp"
#include "memory/directory_ingest.hpp"
#include "memory/identity.hpp"
#include "memory/job_requests.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rag::memory {
namespace {

/// What was asked for but changes nothing stays unwritten no longer than this, because a crawl that
/// is killed asks for it again.
constexpr std::size_t step_pages_max = 256;
constexpr std::chrono::milliseconds step_time_max{100};

/// What of a call must be equal for another one to go on with its crawl.
Json session_request(const IngestUrl& request) {
    Json arguments = write_request(request);
    arguments.erase("include_document_ids");
    arguments.erase("collection_name");
    return arguments;
}

/// The bounds that a stored session had; null where they are not known.
std::optional<IngestUrl> read_bounds(Json request) {
    if (!request.is_object()) {
        return std::nullopt;
    }
    request["include_document_ids"] = false;
    request["collection_name"] = "";
    return read_url_request(request);
}

bool is_over(const Error& error) {
    return error.code() == ErrorCode::cancelled || error.code() == ErrorCode::deadline_exceeded;
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

void SiteIngest::check(const CallContext& context, const IngestUrl& request) {
    require_role(context, Role::writer, "ingest websites");
    check_bounds(request);
    check_metadata(request.metadata);
    const Collection collection =
        require_collection_to_fill(context, ports_.store, request.collection);
    const CrawlKey key{collection.id, normalised_url(request.url)};
    if (request.mode == CrawlMode::recrawl) {
        return;
    }
    const auto session = ports_.frontier.find_session(context, key);
    if (!session || (session->open && session->completed_request.is_null())) {
        return;  // New, or to be joined or taken up where it was broken off.
    }
    const CrawlExtent extent = ports_.frontier.measure(context, key);
    if (extent.pages == 0) {
        return;
    }
    throw Error(ErrorCode::conflict,
                fmt::format("URL '{}' has already been crawled into collection '{}' ({} pages, {} "
                            "chunks, at {}). To bring it up to date, use mode='recrawl'.",
                            key.root_url, collection.name, extent.pages, extent.chunks,
                            to_iso8601(session->started_at)));
}

CrawlReport SiteIngest::run(const CallContext& context, const IngestUrl& request, JobNotes& notes) {
    Run run;
    run.collection = require_collection_to_fill(context, ports_.store, request.collection);
    require_space(run.collection, ports_.writer.space());
    run.request = request;
    run.key = {run.collection.id, normalised_url(request.url)};
    run.job = notes.id;
    if (begin(context, run) == Begun::ended) {
        return run.report;
    }
    context.report({static_cast<double>(run.report.pages_crawled), std::nullopt,
                    "Opening " + run.key.root_url});
    visit_all(context, run, notes);
    let_go_of_gone(context, run);
    ports_.frontier.close_session(context, run.key, run.report.crawl_session_id,
                                  CrawlEnd::completed);
    return run.report;
}

SiteIngest::Begun SiteIngest::begin(const CallContext& context, Run& run) {
    const Json request = session_request(run.request);
    auto session = ports_.frontier.find_session(context, run.key);
    const std::optional<IngestUrl> last =
        session ? read_bounds(session->completed_request) : std::nullopt;
    CrawlReport& report = run.report;
    report.mode = run.request.mode;
    report.collection = run.collection.name;
    report.crawl_root_url = run.key.root_url;
    if (run.request.include_document_ids) {
        report.document_ids.emplace();
    }
    const bool equal = session && session->request == request;
    // This very job may have come to its end before its process could say so.
    const bool ended = equal && !session->open && session->counts.value("job", "") == run.job;
    if (ended || (equal && session->open)) {
        read_counts(session->counts, report);
        report.crawl_session_id = session->id;
        report.crawl_timestamp = session->started_at;
    } else {
        CrawlSession fresh;
        fresh.id = ports_.ids.uuid();
        fresh.started_at = ports_.clock.now();
        fresh.request = request;
        fresh.counts = write_counts(report);
        if (session && session->counts.is_object()) {
            fresh.counts["boilerplate"] = session->counts.value("boilerplate", Json());
        }
        ports_.frontier.open_session(context, run.key, fresh);
        report.crawl_session_id = fresh.id;
        report.crawl_timestamp = fresh.started_at;
    }
    run.crawl = to_crawl(run.request);
    run.crawl.known = ports_.frontier.list_pages(context, run.key);
    run.crawl.links_hold = last && follows_same_links(run.request, *last);
    run.crawl.ask_for_unlinked =
        run.request.mode == CrawlMode::recrawl && (!last || is_same_or_wider(run.request, *last));
    run.boilerplate = text::Boilerplate(session && session->counts.is_object()
                                            ? session->counts.value("boilerplate", Json())
                                            : Json());
    learn_documents(run);
    if (!ended && run.report.pages_ingested > 0) {
        take_up_boilerplate(context, run);
    }
    return ended ? Begun::ended : Begun::open;
}

void SiteIngest::visit_all(const CallContext& context, Run& run, JobNotes& notes) {
    const std::unique_ptr<PageSource> source = ports_.web.crawl(context, run.crawl);
    run.crawl.known.clear();
    auto visits = static_cast<double>(run.report.pages_crawled);
    while (std::optional<Visit> visit = source->next(context)) {
        const std::string url = visit->settled.url;
        const std::int64_t queued = visit->queued;
        take(context, run, *std::move(visit));
        const CrawlReport& report = run.report;
        notes.set_progress({{"pages_crawled", report.pages_crawled},
                            {"pages_ingested", report.pages_ingested},
                            {"pages_unchanged", report.pages_unchanged},
                            {"pages_failed", report.pages_failed},
                            {"pages_queued", queued},
                            {"bytes", report.bytes},
                            {"url", url}});
        context.report(
            {++visits, std::nullopt,
             fmt::format("{} ({} waiting, {} failed)", url, queued, report.pages_failed)});
    }
    save_step(context, run);
    if (run.report.pages_crawled == 0) {
        const std::vector<FailedPage>& failures = run.report.failed_pages;
        const std::string why =
            failures.empty() ? "the site's robots.txt or the given patterns leave no page to fetch"
                             : failures.front().error;
        ports_.frontier.close_session(context, run.key, run.report.crawl_session_id,
                                      CrawlEnd::abandoned);
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("Nothing could be fetched from '{}': {}. Nothing was changed.",
                                run.key.root_url, why.substr(0, why.find_last_not_of('.') + 1)));
    }
}

void SiteIngest::take(const CallContext& context, Run& run, Visit visit) {
    context.check();
    run.report.bytes += visit.bytes;
    run.report.pages_rendered += visit.rendering == Rendering::done ? 1 : 0;
    run.report.pages_unrendered += visit.rendering == Rendering::missing ? 1 : 0;
    for (FrontierPage& page : visit.also) {
        add_to_step(run, std::move(page), Metadata::object());
    }
    if (visit.page) {
        ++run.report.pages_crawled;
        take_page(context, run, *visit.page, visit);
        add_to_step(run, visit.settled, Metadata::object());
        save_step(context, run);
        apply_boilerplate(context, run);
        return;
    }
    if (visit.settled.state == FrontierState::done) {
        Metadata touch = take_unchanged(run, visit.settled);
        add_to_step(run, visit.settled, std::move(touch));
    } else {
        note_failure(run, visit.settled);
        add_to_step(run, visit.settled, Metadata::object());
    }
    if (run.step.size() >= step_pages_max ||
        ports_.clock.steady_now() - run.step_begun >= step_time_max) {
        save_step(context, run);
    }
}

void SiteIngest::take_page(const CallContext& context, Run& run, const Page& page, Visit& visit) {
    CallContext silent = context;  // Progress is told by page, not by batch.
    silent.on_progress = {};
    const DocumentId before = visit.settled.document;
    try {
        const std::string text = run.boilerplate.strip(page.markdown);
        const std::string hash = content_hash(text);
        const auto same = run.by_content.find(hash);
        if (same != run.by_content.end() && same->second.url != visit.settled.url) {
            visit.settled.document = same->second.document;
            ++run.report.pages_folded;
        } else {
            const WrittenDocument written = store_page(silent, run, page, text);
            visit.settled.document = written.id;
            run.by_content.insert_or_assign(hash, Known{visit.settled.url, written.id});
            count(run, written);
            count_facts(page.metadata, run.report);
            learn(run, page.markdown, written.id);
        }
        run.unavailable_in_a_row = 0;
    } catch (const Error& error) {
        if (is_over(error) || (error.code() == ErrorCode::unavailable &&
                               ++run.unavailable_in_a_row >= unavailable_in_a_row_max)) {
            throw;
        }
        visit.settled.state = FrontierState::failed;
        visit.settled.error = error.message();
        // Of what was not stored: by them the next crawl would find it unchanged.
        visit.settled.etag = visit.settled.last_modified = "";
        visit.settled.checked_at = {};
        note_failure(run, visit.settled);
    }
    if (before != visit.settled.document) {
        ++run.pages_of[visit.settled.document];
        if (before != 0) {
            let_go(context, run, before);
        }
    }
}

WrittenDocument SiteIngest::store_page(const CallContext& context, Run& run, const Page& page,
                                       const std::string& text) {
    SourceDocument source;
    source.identity = url_identity(page.url);
    const std::string title(first_code_points(page.title, title_code_points_max));
    source.filename = is_blank(title) ? page.url : title;
    source.title = Title::follow;
    source.content = clean_content(text, fmt::format("Page {}", page.url));
    source.file_type = "web_page";
    source.file_size = static_cast<std::int64_t>(source.content.size());
    if (const auto length = page.metadata.find("content_length");
        length != page.metadata.end() && length->is_number_integer()) {
        source.file_size = length->get<std::int64_t>();
    }
    source.format = text::TextFormat::markdown;
    source.metadata = run.request.metadata;
    if (page.metadata.is_object()) {
        source.metadata.update(page.metadata);
    }
    FrontierPage row;
    row.url = page.url;
    row.depth = page.depth;
    row.parent = page.parent_url;
    source.metadata.update(session_metadata(run, row));
    WrittenDocument written = ports_.writer.write(context, run.collection, source);
    if (written.status == IngestStatus::updated && !written.content_changed) {
        written.status = IngestStatus::unchanged;  // Only the session's keys are new.
    }
    return written;
}

/// What a page's metadata says of the session that reached it last.
Metadata SiteIngest::session_metadata(const Run& run, const FrontierPage& page) const {
    Metadata metadata = {{"source", page.url},
                         {"content_type", "web_page"},
                         {"crawl_root_url", run.key.root_url},
                         {"crawl_timestamp", to_iso8601(run.report.crawl_timestamp)},
                         {"crawl_session_id", run.report.crawl_session_id},
                         {"crawl_depth", page.depth}};
    if (page.parent) {
        metadata["parent_url"] = *page.parent;
    }
    return metadata;
}

/// Metadata to give to the document: none where it belongs to a page that came before.
Metadata SiteIngest::take_unchanged(Run& run, const FrontierPage& page) {
    CrawlReport& report = run.report;
    report.pages_crawled += page.status != 0 ? 1 : 0;
    if (!run.counted.insert(page.document).second) {
        ++report.pages_folded;
        return Metadata::object();
    }
    ++report.pages_ingested;
    ++report.pages_unchanged;
    const KnownDocument& known = run.documents[page.document];
    report.total_chunks += known.chunk_count;
    run.by_content.emplace(known.content_hash, Known{page.url, page.document});
    if (report.document_ids) {
        report.document_ids->push_back(page.document);
    }
    return session_metadata(run, page);
}

void SiteIngest::count(Run& run, const WrittenDocument& written) {
    CrawlReport& report = run.report;
    run.counted.insert(written.id);
    ++report.pages_ingested;
    report.pages_unchanged += written.status == IngestStatus::unchanged ? 1 : 0;
    report.total_chunks += written.num_chunks;
    if (report.document_ids) {
        report.document_ids->push_back(written.id);
    }
}

/// A page that is gone and is this crawl's own is let go by a recrawl and is not a failure; nor is
/// one that another URL stands for.
void SiteIngest::note_failure(Run& run, const FrontierPage& page) {
    const bool let_go = page.state == FrontierState::gone && page.document != 0 &&
                        run.request.mode == CrawlMode::recrawl;
    if (let_go || page.state == FrontierState::moved) {
        return;
    }
    ++run.report.pages_failed;
    if (run.report.failed_pages.size() < failed_pages_named_max) {
        run.report.failed_pages.push_back({page.url, page.status, page.error});
    }
}

void SiteIngest::add_to_step(Run& run, FrontierPage page, Metadata touch) {
    if (run.step.empty()) {
        run.step_begun = ports_.clock.steady_now();
    }
    std::string url = page.url;
    run.step.insert_or_assign(std::move(url), FrontierChange{std::move(page), std::move(touch)});
}

void SiteIngest::save_step(const CallContext& context, Run& run) {
    if (run.step.empty()) {
        return;
    }
    FrontierStep step;
    step.session = run.report.crawl_session_id;
    step.counts = counts_of(run);
    step.pages.reserve(run.step.size());
    for (auto& [url, change] : run.step) {
        step.pages.push_back(std::move(change));
    }
    run.step.clear();
    ports_.frontier.save_step(context, run.key, step);
}

/// What the server says is no more, and what another page stands for by now.
void SiteIngest::let_go_of_gone(const CallContext& context, Run& run) {
    const std::vector<FrontierPage> pages = ports_.frontier.list_pages(context, run.key);
    std::set<std::string_view> done;
    for (const FrontierPage& page : pages) {
        if (page.current && page.state == FrontierState::done) {
            done.insert(page.url);
        }
    }
    for (const FrontierPage& page : pages) {
        const bool gone =
            page.state == FrontierState::gone && run.request.mode == CrawlMode::recrawl;
        const bool moved = page.state == FrontierState::moved && done.contains(page.error);
        if (!page.current || page.document == 0 || (!gone && !moved)) {
            continue;
        }
        context.check();
        let_go(context, run, page.document);
        FrontierPage left = page;
        left.document = 0;
        run.report.old_pages_deleted += run.request.mode == CrawlMode::recrawl ? 1 : 0;
        add_to_step(run, std::move(left), Metadata::object());
        save_step(context, run);
    }
}

/// To be called before the page's row forgets the document: a crawl that is killed in between finds
/// the row without it.
void SiteIngest::let_go(const CallContext& context, Run& run, DocumentId document) {
    if (--run.pages_of[document] > 0) {
        return;
    }
    std::vector<std::string> owners =
        ports_.frontier.list_owners(context, run.collection.id, document);
    std::erase(owners, run.key.root_url);
    if (owners.empty()) {
        ports_.store.delete_document(context, document);
        return;
    }
    DocumentUpdate update;
    update.metadata = Metadata{{"crawl_root_url", owners.back()}};
    ports_.store.update_document(context, document, update);
}

Json SiteIngest::counts_of(const Run& run) {
    Json counts = write_counts(run.report);
    counts["boilerplate"] = run.boilerplate.stored();
    counts["to_strip"] = run.to_strip;
    counts["job"] = run.job;
    return counts;
}

/// Pages that were stored before enough was learnt are written anew once it is.
void SiteIngest::learn(Run& run, const std::string& markdown, DocumentId document) {
    if (run.boilerplate.is_learnt()) {
        return;
    }
    run.learnt_from.push_back(document);
    if (run.boilerplate.learn(markdown)) {
        run.to_strip = std::move(run.learnt_from);
    }
}

void SiteIngest::take_up_boilerplate(const CallContext& context, Run& run) {
    const auto session = ports_.frontier.find_session(context, run.key);
    if (session && session->counts.is_object()) {
        run.to_strip = session->counts.value("to_strip", std::vector<DocumentId>());
    }
    if (run.boilerplate.is_learnt()) {
        apply_boilerplate(context, run);
        return;
    }
    const std::vector<FrontierPage> pages = run.crawl.known;
    for (const FrontierPage& page : pages) {
        if (page.current && page.state == FrontierState::done && page.document != 0) {
            if (const auto document = ports_.store.get_document(context, page.document)) {
                learn(run, document->content, document->id);
            }
        }
    }
}

void SiteIngest::apply_boilerplate(const CallContext& context, Run& run) {
    if (run.to_strip.empty()) {
        return;
    }
    CallContext silent = context;
    silent.on_progress = {};
    for (const DocumentId id : run.to_strip) {
        const std::optional<Document> document = ports_.store.get_document(silent, id);
        const auto known = ports_.store.find_document(silent, id);
        const std::string text = document ? run.boilerplate.strip(document->content) : "";
        if (!document || !known || !document->identity || text == document->content) {
            continue;
        }
        SourceDocument source;
        source.identity = *document->identity;
        source.filename = document->filename;
        source.title = Title::follow;
        source.content = text;
        source.file_type = document->file_type;
        source.file_size = document->file_size;
        source.format = text::TextFormat::markdown;
        const WrittenDocument written = ports_.writer.write(silent, run.collection, source);
        run.report.total_chunks += written.num_chunks - known->chunk_count;
        if (auto node = run.by_content.extract(document->content_hash)) {
            node.key() = content_hash(text);
            run.by_content.insert(std::move(node));
        }
    }
    run.to_strip.clear();
    FrontierStep step;
    step.session = run.report.crawl_session_id;
    step.counts = counts_of(run);
    ports_.frontier.save_step(context, run.key, step);
}

void SiteIngest::learn_documents(Run& run) {
    for (const FrontierPage& page : run.crawl.known) {
        if (page.document == 0) {
            continue;
        }
        ++run.pages_of[page.document];
        run.documents.insert_or_assign(page.document,
                                       KnownDocument{page.content_hash, page.chunk_count});
        const bool taken = page.current && page.state == FrontierState::done;
        if (taken && run.counted.insert(page.document).second) {
            run.by_content.emplace(page.content_hash, Known{page.url, page.document});
            if (run.report.document_ids) {
                run.report.document_ids->push_back(page.document);
            }
        }
    }
}

}  // namespace rag::memory

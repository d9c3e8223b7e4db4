#include "memory/memory.hpp"

#include "base/log.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "memory/caller_rules.hpp"
#include "memory/collections.hpp"
#include "memory/directory_ingest.hpp"
#include "memory/directory_plan.hpp"
#include "memory/document_writer.hpp"
#include "memory/documents.hpp"
#include "memory/export_part.hpp"
#include "memory/folder_watch.hpp"
#include "memory/identity.hpp"
#include "memory/in_flight.hpp"
#include "memory/ingest.hpp"
#include "memory/job_requests.hpp"
#include "memory/jobs.hpp"
#include "memory/json_forms.hpp"
#include "memory/search.hpp"
#include "memory/site_ingest.hpp"
#include "memory/start_limit.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rag::memory {

/// The pieces, each built on those before it.
struct Memory::Parts {
    Parts(const Ports& given, Options chosen)
        : ports(given),
          options(std::move(chosen)),
          files(options.files),
          finder(ports.store, ports.clock, options.collections_kept),
          collections(ports.store, ports.embedder.space(), finder),
          writer(ports.store, ports.embedder),
          documents(ports.store, writer),
          search(ports.store, ports.index, ports.embedder, finder),
          ingest(ports.store, writer, files, ports.clock, ports.documents),
          directories(ports.store, ingest, files),
          sites({ports.store, ports.frontier, writer, ports.web, ports.clock, ports.ids}),
          jobs(ports.store, ports.ids, options.job_lease),
          crawl_starts(options.crawl_starts_per_hour, ports.clock) {
        if (ports.spaces != nullptr) {
            reindex.emplace(ports.store, *ports.spaces, writer, ports.embedder);
        }
    }

    JobWork work_on(const IngestDirectory& request) {
        return [this, request](const CallContext& context, JobNotes& notes) {
            return directory_report_form(directories.run(context, request, notes));
        };
    }
    JobWork work_on(const IngestUrl& request) {
        return [this, request](const CallContext& context, JobNotes& notes) {
            return crawl_report_form(sites.run(context, request, notes));
        };
    }
    JobWork work_on(const IngestText& request) {
        return [this, request](const CallContext& context, JobNotes&) {
            return ingested_text_form(ingest.text(context, request));
        };
    }
    JobWork work_on(const ReindexCollection& request) {
        return [this, request](const CallContext& context, JobNotes& notes) {
            // As it was first asked for: taken over after the swap, only the job still knows which
            // vectors are to go.
            const std::optional<Job> job = ports.store.find_job(context, notes.id);
            const ReindexCollection first =
                job ? read_reindex_request(job->request.at("arguments")) : request;
            const ReindexReport report = reindex.value().run(context, first, notes);
            finder.forget();
            return reindex_report_form(report);
        };
    }
    std::optional<JobWork> work_of(const Job& job);
    bool resume(const CallContext& context, const Job& job);
    JobRequest prepare(const CallContext& context, const IngestDirectory& request);
    JobRequest prepare(const CallContext& context, const IngestUrl& normalised);
    ReindexCollection complete(const CallContext& context, const ReindexCollection& request);
    JobRequest prepare(const CallContext& context, const ReindexCollection& request);

    const Ports ports;
    const Options options;
    const FileAccess files;
    CollectionFinder finder;
    Collections collections;
    DocumentWriter writer;
    Documents documents;
    Search search;
    Ingest ingest;
    DirectoryIngest directories;
    SiteIngest sites;
    std::optional<Reindex> reindex;
    Jobs jobs;
    StartLimit crawl_starts;
    InFlight<IngestedDocument> texts_in_flight;
    InFlight<Json> jobs_in_flight;
};

/// Null for a job that is not ours to do.
std::optional<JobWork> Memory::Parts::work_of(const Job& job) {
    if (!job.request.is_object() || !job.request.contains("arguments")) {
        return std::nullopt;
    }
    const Json& arguments = job.request.at("arguments");
    if (job.kind == directory_job && job.request.value("host", std::string()) == options.host) {
        return work_on(read_directory_request(arguments));
    }
    if (job.kind == url_job) {
        return work_on(read_url_request(arguments));
    }
    if (job.kind == text_job) {
        return work_on(read_text_request(arguments));
    }
    if (job.kind == reindex_job && reindex) {
        const ReindexCollection request = read_reindex_request(arguments);
        if (request.to == ports.embedder.space()) {
            return work_on(request);
        }
    }
    return std::nullopt;
}

bool Memory::Parts::resume(const CallContext& context, const Job& job) {
    std::optional<JobWork> work = work_of(job);
    if (!work) {
        return false;
    }
    if (job.stop_requested) {
        work = [](const CallContext&, JobNotes&) -> Json {
            throw Error(ErrorCode::cancelled, "The job was stopped before it began.");
        };
    }
    CallContext own = context;
    own.caller = read_caller(job.request.value("caller", Json::object()));
    return jobs.resume(own, job, *work);
}

JobRequest Memory::Parts::prepare(const CallContext& context, const IngestDirectory& request) {
    directories.check(context, request);
    const Json arguments = write_request(request);
    return {std::string(directory_job),
            join_key(context.caller, directory_job, {arguments, options.host}),
            {{"caller", write_caller(context.caller)},
             {"host", options.host},
             {"arguments", arguments}}};
}

JobRequest Memory::Parts::prepare(const CallContext& context, const IngestUrl& normalised) {
    const Json arguments = write_request(normalised);
    const Collection collection =
        require_collection_to_fill(context, ports.store, normalised.collection);
    return {std::string(url_job),
            join_key(context.caller, url_job, arguments),
            {{"caller", write_caller(context.caller)},
             {"collection_id", collection.id},
             {"root", normalised.url},
             {"arguments", arguments}}};
}

/// With the spaces of this moment; throws what is wrong with the request.
ReindexCollection Memory::Parts::complete(const CallContext& context,
                                          const ReindexCollection& request) {
    require_role(context, Role::admin, "move collections to another model");
    if (!reindex) {
        throw Error(ErrorCode::unavailable, "This store cannot move collections.");
    }
    if (request.chunk_size) {
        check_chunk_size(*request.chunk_size);
    }
    ReindexCollection completed = request;
    completed.from = require_collection(context, ports.store, request.collection).space;
    completed.to = ports.embedder.space();
    return completed;
}

/// The key does not hold where it comes from, so that a call after the swap joins the job that
/// still removes old vectors.
JobRequest Memory::Parts::prepare(const CallContext& context, const ReindexCollection& request) {
    const Json key = {request.collection, request.to.model, request.to.dimensions,
                      request.chunk_size ? Json(*request.chunk_size) : Json(nullptr)};
    return {std::string(reindex_job),
            join_key(context.caller, reindex_job, key),
            {{"caller", write_caller(context.caller)}, {"arguments", write_request(request)}}};
}

namespace {

IngestUrl normalise(const IngestUrl& request) {
    IngestUrl normalised = request;
    normalised.url = normalised_url(request.url);
    return normalised;
}

}  // namespace

Memory::Memory(const Ports& ports, Options options)
    : parts_(std::make_unique<Parts>(ports, std::move(options))) {}

Memory::~Memory() = default;

Collection Memory::create_collection(const CallContext& context, const CreateCollection& request) {
    return parts_->collections.create(context, request);
}

std::vector<Collection> Memory::list_collections(const CallContext& context) {
    return parts_->collections.list(context);
}

Collection Memory::update_collection_description(const CallContext& context,
                                                 const UpdateCollectionDescription& request) {
    return parts_->collections.update_description(context, request);
}

CollectionDetails Memory::get_collection_info(const CallContext& context, std::string_view name) {
    return parts_->collections.describe(context, name);
}

DeletedCollection Memory::delete_collection(const CallContext& context, std::string_view name) {
    return parts_->collections.remove(context, name);
}

DocumentView Memory::get_document(const CallContext& context, const GetDocument& request) {
    return parts_->documents.get(context, request);
}

ExportedPart Memory::export_collection(const CallContext& context,
                                       const ExportCollection& request) {
    if (parts_->ports.transfer == nullptr) {
        throw Error(ErrorCode::unavailable, "This memory's collections cannot be exported.");
    }
    return read_export_part(context, parts_->ports.store, *parts_->ports.transfer, request);
}

DocumentList Memory::list_documents(const CallContext& context, const ListDocuments& request) {
    return parts_->documents.list(context, request);
}

UpdatedDocument Memory::update_document(const CallContext& context, const UpdateDocument& request) {
    return parts_->documents.update(context, request);
}

DeletedDocument Memory::delete_document(const CallContext& context, DocumentId id) {
    return parts_->documents.remove(context, id);
}

std::vector<DocumentVersion> Memory::list_document_versions(const CallContext& context,
                                                            DocumentId id) {
    return parts_->documents.list_versions(context, id);
}

UpdatedDocument Memory::restore_document_version(const CallContext& context,
                                                 const RestoreDocumentVersion& request) {
    return parts_->documents.restore(context, request);
}

SearchResult Memory::search(const CallContext& context, const SearchQuery& query) {
    return parts_->search.search(context, query);
}

IngestedDocument Memory::ingest_text(const CallContext& context, const IngestText& request) {
    const Json arguments = {content_hash(request.content),
                            request.collection,
                            request.title,
                            request.metadata,
                            request.mode == TextMode::replace,
                            request.include_chunk_ids};
    return parts_->texts_in_flight.run(
        context, join_key(context.caller, "ingest_text", arguments),
        [&](const CallContext& own) { return parts_->ingest.text(own, request); });
}

IngestedDocument Memory::ingest_file(const CallContext& context, const IngestFile& request) {
    const Json arguments = {request.path, request.collection, request.metadata,
                            request.include_chunk_ids};
    return parts_->texts_in_flight.run(
        context, join_key(context.caller, "ingest_file", arguments),
        [&](const CallContext& own) { return parts_->ingest.file(own, request); });
}

DirectoryReport Memory::ingest_directory(const CallContext& context,
                                         const IngestDirectory& request) {
    const JobRequest job = parts_->prepare(context, request);
    return read_directory_report(
        parts_->jobs_in_flight.run(context, job.join_key, [&](const CallContext& own) {
            return parts_->jobs.run(own, job, parts_->work_on(request));
        }));
}

DirectoryEstimate Memory::estimate_directory(const CallContext& context,
                                             const IngestDirectory& request,
                                             MissingCollection missing) {
    return DirectoryPlan(parts_->ports.store, parts_->ingest, parts_->files)
        .estimate(context, request, missing);
}

void Memory::watch_directory(const CallContext& context, const IngestDirectory& request,
                             FolderWatcher& watcher, const WatchListener& listener) {
    parts_->directories.check(context, request);
    const FolderTools tools{parts_->ports.store, parts_->ingest, parts_->files, parts_->ports.clock,
                            parts_->writer.space()};
    const AllowedPath folder = find_directory(context, parts_->files, request);
    FolderWatch(tools, folder, request, watcher, listener).run(context);
}

CrawlReport Memory::ingest_url(const CallContext& context, const IngestUrl& request) {
    parts_->sites.check(context, request);
    const IngestUrl normalised = normalise(request);
    const JobRequest job = parts_->prepare(context, normalised);
    return read_crawl_report(
        parts_->jobs_in_flight.run(context, job.join_key, [&](const CallContext& own) {
            parts_->crawl_starts.take(own.caller.principal);
            return parts_->jobs.run(own, job, parts_->work_on(normalised));
        }));
}

Job Memory::begin_ingest_text(const CallContext& context, const IngestText& request) {
    require_role(context, Role::writer, "ingest texts");
    require_collection_to_fill(context, parts_->ports.store, request.collection);
    const Json arguments = write_request(request);
    return parts_->jobs
        .begin(context, {std::string(text_job),
                         join_key(context.caller, text_job, arguments),
                         {{"caller", write_caller(context.caller)}, {"arguments", arguments}}})
        .job;
}

Job Memory::begin_ingest_directory(const CallContext& context, const IngestDirectory& request) {
    return parts_->jobs.begin(context, parts_->prepare(context, request)).job;
}

Job Memory::begin_ingest_url(const CallContext& context, const IngestUrl& request) {
    parts_->sites.check(context, request);
    const JobRequest job = parts_->prepare(context, normalise(request));
    parts_->crawl_starts.take(context.caller.principal);
    JobCreated begun = parts_->jobs.begin(context, job);
    if (!begun.created) {
        parts_->crawl_starts.give_back(context.caller.principal);
    }
    return std::move(begun.job);
}

ReindexReport Memory::reindex(const CallContext& context, const ReindexCollection& request) {
    const ReindexCollection completed = parts_->complete(context, request);
    const JobRequest job = parts_->prepare(context, completed);
    return read_reindex_report(
        parts_->jobs_in_flight.run(context, job.join_key, [&](const CallContext& own) {
            return parts_->jobs.run(own, job, parts_->work_on(completed));
        }));
}

Job Memory::begin_reindex(const CallContext& context, const ReindexCollection& request) {
    return parts_->jobs.begin(context, parts_->prepare(context, parts_->complete(context, request)))
        .job;
}

SiteAnalysis Memory::analyze_website(const CallContext& context,
                                     const SiteAnalysisRequest& request) {
    if (!parse_url(trim(request.base_url))) {
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("`base_url` must be an http or https URL, but is '{}'.", request.base_url));
    }
    return parts_->ports.web.analyze(context, request);
}

std::vector<Job> Memory::list_jobs(const CallContext& context, std::int64_t limit) {
    std::vector<Job> jobs = parts_->ports.store.list_jobs(context, jobs_listed_max);
    if (context.caller.role != Role::admin) {
        std::erase_if(jobs,
                      [&](const Job& job) { return job.principal != context.caller.principal; });
    }
    const auto kept = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 0, jobs_listed_max));
    jobs.resize(std::min(jobs.size(), kept));
    return jobs;
}

Job Memory::get_job(const CallContext& context, std::string_view id) {
    std::optional<Job> job = parts_->ports.store.find_job(context, id);
    if (!job ||
        (context.caller.role != Role::admin && job->principal != context.caller.principal)) {
        throw Error(ErrorCode::not_found, fmt::format("Job {} not found", id));
    }
    return *std::move(job);
}

void Memory::stop_job(const CallContext& context, std::string_view id) {
    const Job job = get_job(context, id);
    if (!parts_->ports.store.request_job_stop(context, id)) {
        throw Error(ErrorCode::conflict,
                    fmt::format("Job {} has ended already ({}).", id, to_string(job.state)));
    }
}

void Memory::run_job(const CallContext& context, std::string_view id) {
    const std::optional<Job> job = parts_->ports.store.find_job(context, id);
    if (!job || (job->state != JobState::queued && job->state != JobState::running)) {
        return;
    }
    try {
        parts_->resume(context, *job);
    } catch (const Error& error) {
        log::debug("job {} ended with an error: {}", job->id, error.message());
    }
}

std::int64_t Memory::resume_jobs(const CallContext& context) {
    std::int64_t resumed = 0;
    for (const Job& job : parts_->ports.store.list_abandoned_jobs(context, jobs_listed_max)) {
        context.check();
        try {
            resumed += parts_->resume(context, job) ? 1 : 0;
        } catch (const Error& error) {
            log::warn("the resumed job {} failed: {}", job.id, to_string(error.code()));
        }
    }
    return resumed;
}

std::size_t Memory::running_jobs() const {
    return parts_->jobs.running();
}

void Memory::shut_down() {
    parts_->jobs.shut_down();
}

}  // namespace rag::memory

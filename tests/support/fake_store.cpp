#include "support/fake_store.hpp"

#include "base/time_text.hpp"
#include "rag/error.hpp"

#include <algorithm>

namespace rag::test {
namespace {

constexpr const char* epoch = "fake";

bool is_open(const Job& job) {
    return job.state == JobState::queued || job.state == JobState::running;
}

}  // namespace

Collection* FakeStore::find(std::string_view name) {
    for (auto& [id, collection] : collections_) {
        if (collection.name == name) {
            return &collection;
        }
    }
    return nullptr;
}

Collection FakeStore::counted(const Collection& collection) const {
    Collection result = collection;
    for (const auto& [id, entry] : documents_) {
        if (entry.in.contains(collection.id)) {
            ++result.document_count;
            result.chunk_count += static_cast<std::int64_t>(entry.chunks.size());
        }
    }
    return result;
}

Collection FakeStore::create_collection(const CallContext& context, const NewCollection& wanted) {
    context.check();
    const std::scoped_lock lock(mutex_);
    if (find(wanted.name) != nullptr) {
        throw Error(ErrorCode::conflict, "Collection '" + wanted.name + "' already exists");
    }
    Collection made;
    made.id = ++last_collection_;
    made.name = wanted.name;
    made.description = wanted.description;
    made.space = wanted.space;
    made.created_at = clock_.now();
    collections_[made.id] = made;
    changes_.push_back({ChangeKind::collection_changed, made.id, 0});
    return made;
}

std::optional<Collection> FakeStore::find_collection(const CallContext& context,
                                                     std::string_view name) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const Collection* found = find(name);
    return found == nullptr ? std::nullopt : std::optional(counted(*found));
}

std::vector<Collection> FakeStore::list_collections(const CallContext& context) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<Collection> list;
    for (const auto& [id, collection] : collections_) {
        list.push_back(counted(collection));
    }
    std::sort(list.begin(), list.end(), [](const Collection& a, const Collection& b) {
        return a.created_at != b.created_at ? a.created_at > b.created_at : a.id > b.id;
    });
    return list;
}

bool FakeStore::update_collection_description(const CallContext& context, std::string_view name,
                                              std::string_view description) {
    context.check();
    const std::scoped_lock lock(mutex_);
    Collection* found = find(name);
    if (found == nullptr) {
        return false;
    }
    found->description = description;
    changes_.push_back({ChangeKind::collection_changed, found->id, 0});
    return true;
}

std::optional<CollectionDetails> FakeStore::describe_collection(const CallContext& context,
                                                                std::string_view name) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const Collection* found = find(name);
    if (found == nullptr) {
        return std::nullopt;
    }
    CollectionDetails details;
    details.collection = counted(*found);
    std::map<std::string, CrawledUrl> crawled;
    for (const Entry* entry : newest_first()) {
        const Document& document = entry->present.document;
        if (!entry->in.contains(found->id)) {
            continue;
        }
        details.size_bytes += static_cast<std::int64_t>(document.content.size());
        if (details.sample_documents.size() < 5) {
            details.sample_documents.push_back(document.filename);
        }
        const auto root = document.metadata.find("crawl_root_url");
        if (document.file_type != "web_page" || root == document.metadata.end() ||
            !root->is_string()) {
            continue;
        }
        CrawledUrl& site = crawled[root->get<std::string>()];
        site.url = root->get<std::string>();
        ++site.page_count;
        site.chunk_count += static_cast<std::int64_t>(entry->chunks.size());
        const auto when = document.metadata.find("crawl_timestamp");
        const bool told = when != document.metadata.end() && when->is_string();
        site.timestamp =
            std::max(site.timestamp, (told ? from_iso8601(when->get<std::string>()) : std::nullopt)
                                         .value_or(document.updated_at));
    }
    for (const auto& [url, site] : crawled) {
        details.crawled_urls.push_back(site);
    }
    std::sort(details.crawled_urls.begin(), details.crawled_urls.end(),
              [](const CrawledUrl& a, const CrawledUrl& b) {
                  return a.timestamp != b.timestamp ? a.timestamp > b.timestamp : a.url < b.url;
              });
    details.crawled_urls.resize(std::min<std::size_t>(details.crawled_urls.size(), 10));
    return details;
}

std::optional<DeletedCollection> FakeStore::delete_collection(const CallContext& context,
                                                              std::string_view name) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const Collection* found = find(name);
    if (found == nullptr) {
        return std::nullopt;
    }
    const CollectionId id = found->id;
    DeletedCollection deleted;
    for (auto at = documents_.begin(); at != documents_.end();) {
        Entry& entry = at->second;
        if (entry.in.erase(id) == 0) {
            ++at;
            continue;
        }
        changes_.push_back({ChangeKind::document_deleted, id, at->first});
        if (!entry.in.empty()) {
            record(ChangeKind::document_changed, entry);
            ++at;
            continue;
        }
        ++deleted.documents_deleted;
        deleted.chunks_deleted += static_cast<std::int64_t>(entry.chunks.size());
        at = documents_.erase(at);
    }
    collections_.erase(id);
    changes_.push_back({ChangeKind::collection_changed, id, 0});
    return deleted;
}

JobCreated FakeStore::create_job(const CallContext& context, const NewJob& wanted) {
    context.check();
    const std::scoped_lock lock(mutex_);
    for (const StoredJob& there : jobs_) {
        if (there.job.join_key == wanted.join_key && is_open(there.job)) {
            return {there.job, false};
        }
    }
    StoredJob made;
    made.job.id = wanted.id;
    made.job.kind = wanted.kind;
    made.job.principal = wanted.principal;
    made.job.join_key = wanted.join_key;
    made.job.request = wanted.request;
    made.job.created_at = made.job.updated_at = clock_.now();
    jobs_.push_back(made);
    return {made.job, true};
}

FakeStore::StoredJob* FakeStore::find_open_job(std::string_view id) {
    for (StoredJob& there : jobs_) {
        if (there.job.id == id && is_open(there.job)) {
            return &there;
        }
    }
    return nullptr;
}

std::optional<Job> FakeStore::find_job(const CallContext& context, std::string_view id) {
    context.check();
    const std::scoped_lock lock(mutex_);
    for (const StoredJob& there : jobs_) {
        if (there.job.id == id) {
            return there.job;
        }
    }
    return std::nullopt;
}

std::vector<Job> FakeStore::list_jobs(const CallContext& context, std::int64_t limit) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<Job> list;
    for (auto at = jobs_.rbegin();
         at != jobs_.rend() && static_cast<std::int64_t>(list.size()) < limit; ++at) {
        list.push_back(at->job);
    }
    return list;
}

bool FakeStore::lease_job(const CallContext& context, std::string_view id, std::string_view owner,
                          std::chrono::milliseconds duration) {
    context.check();
    const std::scoped_lock lock(mutex_);
    StoredJob* there = find_open_job(id);
    const SteadyTime now = clock_.steady_now();
    if (there == nullptr || (there->job.state == JobState::running && there->owner != owner &&
                             there->leased_until > now)) {
        return false;
    }
    there->job.state = JobState::running;
    there->job.updated_at = clock_.now();
    there->owner = owner;
    there->leased_until = now + duration;
    return true;
}

std::vector<Job> FakeStore::list_abandoned_jobs(const CallContext& context, std::int64_t limit) {
    context.check();
    const std::scoped_lock lock(mutex_);
    std::vector<Job> list;
    for (const StoredJob& there : jobs_) {
        const bool nobodys =
            there.job.state == JobState::queued ||
            (there.job.state == JobState::running && there.leased_until <= clock_.steady_now());
        if (nobodys && static_cast<std::int64_t>(list.size()) < limit) {
            list.push_back(there.job);
        }
    }
    return list;
}

JobSignal FakeStore::save_job_progress(const CallContext& context, std::string_view id,
                                       std::string_view owner, const nlohmann::json& progress) {
    context.check();
    const std::scoped_lock lock(mutex_);
    StoredJob* there = find_open_job(id);
    if (there == nullptr || there->job.state != JobState::running || there->owner != owner) {
        return JobSignal::lost_lease;
    }
    there->job.progress = progress;
    there->job.updated_at = clock_.now();
    return there->job.stop_requested ? JobSignal::stop : JobSignal::go_on;
}

void FakeStore::finish_job(const CallContext& context, std::string_view id,
                           const JobOutcome& outcome) {
    context.check();
    const std::scoped_lock lock(mutex_);
    if (StoredJob* there = find_open_job(id)) {
        there->job.state = outcome.state;
        there->job.result = outcome.result;
        there->job.error = outcome.error;
        there->job.updated_at = clock_.now();
        there->owner.clear();
    }
}

bool FakeStore::request_job_stop(const CallContext& context, std::string_view id) {
    context.check();
    const std::scoped_lock lock(mutex_);
    StoredJob* there = find_open_job(id);
    if (there != nullptr) {
        there->job.stop_requested = true;
    }
    return there != nullptr;
}

FeedPosition FakeStore::feed_end(const CallContext& context) {
    context.check();
    const std::scoped_lock lock(mutex_);
    return {epoch, static_cast<std::int64_t>(changes_.size())};
}

ChangeBatch FakeStore::read_changes(const CallContext& context, const FeedPosition& from,
                                    std::int64_t limit) {
    context.check();
    const std::scoped_lock lock(mutex_);
    const auto end = static_cast<std::int64_t>(changes_.size());
    ChangeBatch batch;
    batch.next = {epoch, end};
    batch.rebuild = from.epoch != epoch || from.position < 0 || from.position > end;
    if (!batch.rebuild) {
        batch.next.position = std::min(end, from.position + std::max<std::int64_t>(limit, 1));
        batch.changes.assign(changes_.begin() + from.position,
                             changes_.begin() + batch.next.position);
    }
    return batch;
}

void FakeStore::ping(const CallContext& context) {
    context.check();
}

StoreStatus FakeStore::status(const CallContext& context) {
    context.check();
    const std::scoped_lock lock(mutex_);
    StoreStatus status;
    status.kind = "fake";
    status.address = "memory";
    status.version = "1";
    status.schema_version = 1;
    status.collection_count = static_cast<std::int64_t>(collections_.size());
    status.document_count = static_cast<std::int64_t>(documents_.size());
    for (const auto& [id, entry] : documents_) {
        status.chunk_count += static_cast<std::int64_t>(entry.chunks.size());
        status.size_bytes += static_cast<std::int64_t>(entry.present.document.content.size());
    }
    return status;
}

}  // namespace rag::test

#include "memory/plain_store.hpp"

#include <algorithm>

namespace rag::test {

JobCreated PlainStore::create_job(const CallContext&, const NewJob& wanted) {
    const std::scoped_lock lock(mutex_);
    enter();
    for (const auto& [id, stored] : jobs_) {
        if (stored.job.join_key == wanted.join_key &&
            (stored.job.state == JobState::queued || stored.job.state == JobState::running)) {
            return {stored.job, false};
        }
    }
    StoredJob stored;
    stored.job.id = wanted.id;
    stored.job.kind = wanted.kind;
    stored.job.principal = wanted.principal;
    stored.job.join_key = wanted.join_key;
    stored.job.request = wanted.request;
    stored.job.created_at = stored.job.updated_at = clock_.now();
    stored.order = ++last_order_;
    jobs_[wanted.id] = stored;
    return {stored.job, true};
}

std::optional<Job> PlainStore::find_job(const CallContext&, std::string_view id) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = jobs_.find(std::string(id));
    return found == jobs_.end() ? std::nullopt : std::optional(found->second.job);
}

std::vector<Job> PlainStore::list_jobs(const CallContext&, std::int64_t limit) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<const StoredJob*> all;
    for (const auto& [id, stored] : jobs_) {
        all.push_back(&stored);
    }
    std::sort(all.begin(), all.end(),
              [](const StoredJob* a, const StoredJob* b) { return a->order > b->order; });
    std::vector<Job> jobs;
    for (const StoredJob* stored : all) {
        if (static_cast<std::int64_t>(jobs.size()) < limit) {
            jobs.push_back(stored->job);
        }
    }
    return jobs;
}

bool PlainStore::lease_job(const CallContext&, std::string_view id, std::string_view owner,
                           std::chrono::milliseconds duration) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = jobs_.find(std::string(id));
    if (found == jobs_.end()) {
        return false;
    }
    StoredJob& stored = found->second;
    const bool open = stored.job.state == JobState::queued ||
                      (stored.job.state == JobState::running &&
                       (stored.owner == owner || stored.leased_until <= clock_.steady_now()));
    if (open) {
        stored.job.state = JobState::running;
        stored.owner = owner;
        stored.leased_until = clock_.steady_now() + duration;
    }
    return open;
}

std::vector<Job> PlainStore::list_abandoned_jobs(const CallContext&, std::int64_t) {
    const std::scoped_lock lock(mutex_);
    enter();
    std::vector<Job> jobs;
    for (const auto& [id, stored] : jobs_) {
        if (stored.job.state == JobState::queued ||
            (stored.job.state == JobState::running && stored.leased_until <= clock_.steady_now())) {
            jobs.push_back(stored.job);
        }
    }
    return jobs;
}

JobSignal PlainStore::save_job_progress(const CallContext&, std::string_view id,
                                        std::string_view owner, const nlohmann::json& progress) {
    const std::scoped_lock lock(mutex_);
    enter();
    StoredJob& stored = jobs_.at(std::string(id));
    if (stored.owner != owner) {
        return JobSignal::lost_lease;
    }
    stored.job.progress = progress;
    return stored.job.stop_requested ? JobSignal::stop : JobSignal::go_on;
}

void PlainStore::finish_job(const CallContext&, std::string_view id, const JobOutcome& outcome) {
    const std::scoped_lock lock(mutex_);
    enter();
    Job& job = jobs_.at(std::string(id)).job;
    job.state = outcome.state;
    job.result = outcome.result;
    job.error = outcome.error;
}

bool PlainStore::request_job_stop(const CallContext&, std::string_view id) {
    const std::scoped_lock lock(mutex_);
    enter();
    const auto found = jobs_.find(std::string(id));
    const bool open = found != jobs_.end() && (found->second.job.state == JobState::queued ||
                                               found->second.job.state == JobState::running);
    if (open) {
        found->second.job.stop_requested = true;
    }
    return open;
}

}  // namespace rag::test

#include "memory/jobs.hpp"

#include "base/log.hpp"
#include "rag/error.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace rag::memory {
namespace {

constexpr std::chrono::milliseconds wait_first{50};
constexpr std::chrono::milliseconds wait_max{1000};
constexpr std::chrono::milliseconds report_interval_max{2000};
constexpr std::chrono::milliseconds finish_timeout{10'000};

/// A context for the bookkeeping around work that has ended, perhaps because its own is over.
CallContext bookkeeping(const CallContext& context) {
    CallContext own = context;
    own.stop = {};
    own.on_progress = {};
    own.deadline = std::chrono::steady_clock::now() + finish_timeout;
    return own;
}

ErrorCode code_named(std::string_view name) {
    constexpr std::array codes = {ErrorCode::invalid_argument, ErrorCode::not_found,
                                  ErrorCode::conflict,         ErrorCode::unauthorized,
                                  ErrorCode::rate_limited,     ErrorCode::unavailable,
                                  ErrorCode::cancelled,        ErrorCode::deadline_exceeded,
                                  ErrorCode::corrupt,          ErrorCode::internal};
    const auto found = std::find_if(codes.begin(), codes.end(),
                                    [&](ErrorCode code) { return to_string(code) == name; });
    return found == codes.end() ? ErrorCode::internal : *found;
}

/// Sleeps, or returns early when the call is over.
void pause(const CallContext& context, std::chrono::milliseconds duration) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, context.stop, context.time_left(duration), [] { return false; });
    context.check();
}

}  // namespace

Json Jobs::run(const CallContext& context, const JobRequest& request, const JobWork& work) {
    for (;;) {
        context.check();
        const Job job = begin(context, request);
        const Lease lease{job.id, ids_.uuid()};
        if (store_.lease_job(context, lease.job, lease.owner, lease_)) {
            Outcome outcome = execute(context, lease, work);
            if (outcome.end == End::finished) {
                return std::move(outcome.result);
            }
        }
        if (std::optional<Json> result = wait(context, job.id)) {
            return *std::move(result);
        }
    }
}

Job Jobs::begin(const CallContext& context, const JobRequest& request) {
    return store_
        .create_job(context, {ids_.uuid(), request.kind, context.caller.principal, request.join_key,
                              request.request})
        .job;
}

bool Jobs::resume(const CallContext& context, const Job& job, const JobWork& work) {
    const Lease lease{job.id, ids_.uuid()};
    if (!store_.lease_job(context, lease.job, lease.owner, lease_)) {
        return false;
    }
    execute(context, lease, work);
    return true;
}

std::size_t Jobs::running() const {
    return running_.with([](const Running& running) { return running.stops.size(); });
}

void Jobs::shut_down() {
    running_.with([](Running& running) {
        running.shut_down = true;
        for (std::stop_source& stop : running.stops) {
            stop.request_stop();
        }
    });
}

Jobs::Outcome Jobs::execute(const CallContext& context, const Lease& lease, const JobWork& work) {
    std::stop_source stop;
    const auto registered = running_.with([&](Running& running) {
        if (running.shut_down) {
            stop.request_stop();
        }
        return running.stops.insert(running.stops.end(), stop);
    });
    const std::stop_callback on_stop(context.stop, [&stop] { stop.request_stop(); });
    CallContext own = context;
    own.stop = stop.get_token();
    JobNotes notes;
    notes.id = lease.job;
    std::atomic<bool> lost = false;
    JobOutcome outcome;
    std::exception_ptr failure;
    {
        const std::jthread keeper(
            [&](const std::stop_token& over) { keep_alive(lease, notes, stop, lost, over); });
        try {
            own.check();
            outcome.result = work(own, notes);
        } catch (const Error& error) {
            failure = std::current_exception();
            outcome.state =
                error.code() == ErrorCode::cancelled ? JobState::cancelled : JobState::failed;
            outcome.error = error.message();
            outcome.result = {{"error_code", to_string(error.code())}};
        } catch (const std::exception& error) {
            log::error("job {} failed: {}", lease.job, error.what());
            failure = std::make_exception_ptr(
                Error(ErrorCode::internal, "The work failed unexpectedly."));
            outcome = {
                JobState::failed, {{"error_code", "internal"}}, "The work failed unexpectedly."};
        }
    }
    const bool shut_down = running_.with([&](Running& running) {
        running.stops.erase(registered);
        return running.shut_down;
    });
    if (lost) {
        return {End::lost, {}};
    }
    const bool to_be_resumed = shut_down && outcome.state == JobState::cancelled;
    if (to_be_resumed) {
        give_up(context, lease);
    } else {
        finish(context, lease.job, outcome);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    return {End::finished, std::move(outcome.result)};
}

/// Runs beside the work: renews the lease, saves where the work is, learns of a wish to stop.
void Jobs::keep_alive(const Lease& lease, JobNotes& notes, std::stop_source& work,
                      std::atomic<bool>& lost, const std::stop_token& over) {
    const auto interval = std::min(lease_ / 3, report_interval_max);
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    CallContext context;
    while (!wake.wait_for(lock, over, interval, [&] { return over.stop_requested(); })) {
        try {
            context.deadline = std::chrono::steady_clock::now() + lease_;
            const bool kept = store_.lease_job(context, lease.job, lease.owner, lease_);
            const JobSignal signal =
                kept ? store_.save_job_progress(context, lease.job, lease.owner, notes.progress())
                     : JobSignal::lost_lease;
            if (signal == JobSignal::lost_lease) {
                lost = true;
            }
            if (signal != JobSignal::go_on) {
                work.request_stop();
                return;
            }
        } catch (const Error& error) {
            log::warn("the lease of job {} was not renewed: {}", lease.job, error.message());
        }
    }
}

void Jobs::finish(const CallContext& context, const std::string& id, const JobOutcome& outcome) {
    try {
        store_.finish_job(bookkeeping(context), id, outcome);
    } catch (const Error& error) {
        // The work itself is done or has failed, and says so; the job's row will be resumed, which
        // finds everything unchanged.
        log::warn("the end of job {} was not recorded: {}", id, error.message());
    }
}

/// Lets the next process take the job up at once.
void Jobs::give_up(const CallContext& context, const Lease& lease) {
    try {
        store_.lease_job(bookkeeping(context), lease.job, lease.owner,
                         std::chrono::milliseconds{0});
    } catch (const Error& error) {
        log::warn("the lease of job {} was not given back: {}", lease.job, error.message());
    }
}

/// The result of a job that another server does; null when it is to be begun anew.
std::optional<Json> Jobs::wait(const CallContext& context, const std::string& id) {
    for (auto delay = wait_first;; delay = std::min(delay * 2, wait_max)) {
        pause(context, delay);
        const std::optional<Job> job = store_.find_job(context, id);
        if (!job || job->state == JobState::cancelled) {
            return std::nullopt;
        }
        if (job->state == JobState::completed) {
            return job->result;
        }
        if (job->state == JobState::failed) {
            const std::string code = job->result.is_object()
                                         ? job->result.value("error_code", std::string())
                                         : std::string();
            throw Error(code_named(code), job->error);
        }
        const std::vector<Job> abandoned = store_.list_abandoned_jobs(context, jobs_listed_max);
        if (std::any_of(abandoned.begin(), abandoned.end(),
                        [&](const Job& other) { return other.id == id; })) {
            return std::nullopt;  // The next round creates no second one but takes its lease.
        }
    }
}

}  // namespace rag::memory

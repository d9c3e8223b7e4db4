#pragma once

#include "base/guarded.hpp"
#include "base/json.hpp"
#include "rag/clock.hpp"
#include "rag/context.hpp"
#include "rag/store.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace rag::memory {

constexpr std::int64_t jobs_listed_max = 1000;

struct JobRequest {
    std::string kind;
    std::string join_key;  ///< Equal for the same caller asking for the same thing.
    Json request;          ///< What resume needs; see job_requests.hpp.
};

/// How running work tells where it is. Safe for concurrent use.
class JobNotes final {
public:
    void set_progress(Json progress) {
        progress_.with([&](Json& kept) { kept = std::move(progress); });
    }
    Json progress() const {
        return progress_.with([](const Json& kept) { return kept; });
    }

    std::string id;  ///< Constant while the job runs.

private:
    Guarded<Json> progress_{Json::object()};
};

using JobWork = std::function<Json(const CallContext& context, JobNotes& notes)>;

/// Work that is written down in the store: one server does it under a lease that a thread of this
/// object renews, others wait for its result, and when its process dies another takes it over. Safe
/// for concurrent use.
class Jobs final {
public:
    Jobs(Store& store, IdSource& ids, std::chrono::milliseconds lease)
        : store_(store), ids_(ids), lease_(lease) {}

    /// Does the work, or waits for the server that does it. Returns the work's result; throws what
    /// the work threw.
    Json run(const CallContext& context, const JobRequest& request, const JobWork& work);

    /// Writes the work down, for whoever resumes it; returns an equal job that has not ended yet
    /// where there is one.
    Job begin(const CallContext& context, const JobRequest& request);

    /// Takes an abandoned job over and does it. False when another server was faster.
    bool resume(const CallContext& context, const Job& job, const JobWork& work);

    /// How many jobs are worked on here now.
    std::size_t running() const;

    /// Stops what runs here and leaves it in the store as it is, to be resumed. Never blocks.
    void shut_down();

private:
    enum class End { finished, lost };
    struct Outcome {
        End end = End::finished;
        Json result;
    };
    struct Running {
        std::list<std::stop_source> stops;
        bool shut_down = false;
    };

    /// A lease: held by one execution, so that a second one in this process is shut out as well.
    struct Lease {
        std::string job;
        std::string owner;
    };

    Outcome execute(const CallContext& context, const Lease& lease, const JobWork& work);
    std::optional<Json> wait(const CallContext& context, const std::string& id);
    void keep_alive(const Lease& lease, JobNotes& notes, std::stop_source& work,
                    std::atomic<bool>& lost, const std::stop_token& over);
    void give_up(const CallContext& context, const Lease& lease);
    void finish(const CallContext& context, const std::string& id, const JobOutcome& outcome);

    Store& store_;
    IdSource& ids_;
    const std::chrono::milliseconds lease_;
    Guarded<Running> running_;
};

}  // namespace rag::memory

#pragma once

#include "rag/clock.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace rag {

enum class JobState { queued, running, completed, failed, cancelled };

/// Long work that outlives the process that began it.
struct Job {
    std::string id;           ///< A UUID; unguessable.
    std::string kind;         ///< "ingest_directory", "ingest_url", ...
    std::string principal;    ///< Who asked; nobody else is told of it.
    std::string join_key;     ///< Equal for calls that ask for the same thing.
    nlohmann::json request;   ///< What to do, enough to begin again from.
    nlohmann::json progress;  ///< Where it is; its shape belongs to the kind.
    nlohmann::json result;    ///< Null until completed.
    std::string error;        ///< Empty unless failed.
    JobState state = JobState::queued;
    bool stop_requested = false;
    Timestamp created_at{};
    Timestamp updated_at{};
};

struct NewJob {
    std::string id;
    std::string kind;
    std::string principal;
    std::string join_key;
    nlohmann::json request;
};

struct JobCreated {
    Job job;
    bool created = false;  ///< False: `job` is one that was there already.
};

enum class JobSignal {
    go_on,
    stop,       ///< Somebody asked for it to stop.
    lost_lease  ///< Another process took the job over; this one must stop without writing.
};

struct JobOutcome {
    JobState state = JobState::completed;
    nlohmann::json result;
    std::string error;
};

}  // namespace rag

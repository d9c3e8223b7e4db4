#pragma once

#include "rag/clock.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace rag {

/// What a caller may do; each role includes the ones before it.
enum class Role { reader, writer, admin };

/// Which files of this machine a caller may name. See memory/file_access.hpp for the rules.
enum class FileReach {
    none,           ///< No roots unless RAG_ALLOWED_ROOTS is set (HTTP callers).
    working_tree,   ///< The working directory, unless that is too much (stdio callers).
    whole_machine,  ///< Whatever the process's user may read (the command line).
};

/// On whose behalf a call runs.
struct Caller {
    std::string principal = "local";  ///< Stable name; part of what makes two calls "the same".
    Role role = Role::admin;
    std::vector<std::string> collections;  ///< Names the caller is limited to; empty means all.
    FileReach files = FileReach::none;

    /// Whether a collection of this name exists as far as this caller is concerned.
    bool may_see(const std::string& collection_name) const {
        return collections.empty() || std::find(collections.begin(), collections.end(),
                                                collection_name) != collections.end();
    }
};

/// How far a long call has come. `done` increases strictly from report to report.
struct Progress {
    double done = 0;
    std::optional<double> total;
    std::string message;
};

/// Receives progress; may be called from any thread, must not block for long and must not throw.
using ProgressSink = std::function<void(const Progress&)>;

/// Travels with a call through every layer: how long it may take, whether it should stop, who
/// asked. A value; copying shares the stop state. Loops call `check()` at each page, batch or few
/// hundred rows.
struct CallContext {
    SteadyTime deadline = SteadyTime::max();
    std::stop_token stop;
    ProgressSink on_progress;  ///< Empty when nobody listens.
    Caller caller;
    std::string request_id;  ///< Appears in logs and in messages about faults of ours.
    /// The caller's traceparent (W3C Trace Context), well formed; empty: none. Goes on to services
    /// that the operator configured.
    std::string trace_parent;

    /// Throws Error{cancelled} after a stop request and Error{deadline_exceeded} after the
    /// deadline.
    void check() const;

    /// Time left, at most `most`; zero when the deadline has passed.
    std::chrono::milliseconds time_left(std::chrono::milliseconds most) const;

    void report(const Progress& progress) const {
        if (on_progress) {
            on_progress(progress);
        }
    }
};

}  // namespace rag

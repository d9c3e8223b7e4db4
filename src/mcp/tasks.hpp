#pragma once

#include "base/guarded.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/client_capabilities.hpp"
#include "mcp/registry.hpp"
#include "mcp/task.hpp"
#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace rag::mcp {

/// Runs work on another thread; false when there is no room for it.
using TaskRunner = std::function<bool(std::function<void()> work)>;

/// One round of a task's work; asked again when the client has answered what it asked.
using TaskWork = std::function<ToolResult(const CallContext& context, const Dialogue& dialogue)>;

struct TasksOptions {
    /// Of the tasks that live in this process.
    std::size_t tasks_max = 1000;
    std::size_t tasks_per_principal_max = 100;
    std::chrono::milliseconds lifetime = std::chrono::hours(1);
    /// Between two notifications that tell of nothing but progress.
    std::chrono::milliseconds progress_pause{1000};
};

/// The calls that go on after their reply (2026-07-28, extension io.modelcontextprotocol/tasks).
/// Those with a store behind them live there and outlast this process; the others live here, in
/// bounded number. A task exists for the principal that began it and for no one else. Every
/// function that takes an id throws RpcFailure{-32602} where it names none of the caller's. Safe
/// for concurrent use; what `runner` was given must have ended before this goes.
class Tasks final {
public:
    /// All references must outlive this; so must `lasting`, which is null where there is no store.
    Tasks(TaskRunner runner, ChangeHub& changes, const Clock& clock, IdSource& ids,
          LastingTasks* lasting = nullptr, TasksOptions options = {});
    ~Tasks();

    /// Begins a task of this process. Throws Error{rate_limited} where there are too many, or no
    /// thread is free.
    Task begin(const Caller& caller, const ClientCapabilities& capabilities, TaskWork work);
    /// Goes on with one that has just been written down.
    Task begin_lasting(const CallContext& context, const std::string& id);

    Task get(const CallContext& context, const std::string& id);
    /// Hands over answers, by the keys of what is pending. Other keys are ignored.
    void update(const CallContext& context, const std::string& id, const Json& responses);
    /// Asks the task to stop. One that has ended stays as it is.
    void cancel(const CallContext& context, const std::string& id);
    bool is_known(const CallContext& context, const std::string& id);

    /// Stops the tasks of this process, and lets no more begin: the server ends.
    void stop_all();

private:
    struct Entry;
    struct State {
        std::map<std::string, std::shared_ptr<Entry>> entries;
        bool stopping = false;
    };

    std::shared_ptr<Entry> find(const CallContext& context, const std::string& id);
    void make_room(State& state, const Caller& caller);
    bool post(const std::shared_ptr<Entry>& entry);
    void run(const std::shared_ptr<Entry>& entry);
    void run_round(Entry& entry, const CallContext& context, const Dialogue& dialogue);
    void run_lasting(const CallContext& context, const std::string& id);
    void park(Entry& entry, InputNeeded needed);
    void settle(Entry& entry, TaskStatus status, Json result, std::optional<RpcError> error);
    void note_progress(Entry& entry, const Progress& progress);
    void announce(const Task& task);

    // Constant after construction.
    const TaskRunner runner_;
    const TasksOptions options_;
    const Clock& clock_;

    // Their own synchronisation.
    ChangeHub& changes_;
    IdSource& ids_;
    LastingTasks* const lasting_;
    Guarded<State> state_;  // Guards the fields of the entries too.
};

}  // namespace rag::mcp

#include "mcp/tasks.hpp"

#include "base/log.hpp"
#include "mcp/conversation.hpp"
#include "mcp/errors.hpp"
#include "mcp/tool_calls.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

namespace rag::mcp {
namespace {

[[noreturn]] void throw_unknown(const std::string& id) {
    throw RpcFailure(code::invalid_params, "There is no task '" + id + "'.", {{"taskId", id}});
}

std::string describe(const Progress& progress) {
    const auto whole = [](double value) { return std::to_string(std::llround(value)); };
    std::string text = whole(progress.done);
    if (progress.total) {
        text += " of " + whole(*progress.total);
    }
    return progress.message.empty() ? text : text + ": " + progress.message;
}

bool was_cancelled(const std::exception& failure) {
    const auto* error = dynamic_cast<const Error*>(&failure);
    return error != nullptr && error->code() == ErrorCode::cancelled;
}

/// Lets something happen now and then. Safe for concurrent use.
class Pacer {
public:
    explicit Pacer(std::chrono::milliseconds pause) : pause_(pause) {}

    bool is_time() {
        const auto now = std::chrono::steady_clock::now();
        auto last = last_.load();
        return now - last >= pause_ && last_.compare_exchange_strong(last, now);
    }

private:
    const std::chrono::milliseconds pause_;
    std::atomic<std::chrono::steady_clock::time_point> last_{std::chrono::steady_clock::now()};
};

}  // namespace

/// A task of this process. Everything but the constants is guarded by the lock of its owner's
/// state.
struct Tasks::Entry {
    Entry(Caller who, const ClientCapabilities& can, TaskWork what, std::chrono::milliseconds pause)
        : caller(std::move(who)), capabilities(can), work(std::move(what)), progress_pacer(pause) {}

    const Caller caller;
    const ClientCapabilities capabilities;
    const TaskWork work;

    std::stop_source stop;  // Its own synchronisation.
    Pacer progress_pacer;   // Its own synchronisation.
    Task task;
    bool running = false;                     // A thread is at it.
    int rounds = 0;                           // How often it asked.
    std::map<std::string, std::string> keys;  // The handler's, by those that the client sees.
    Dialogue dialogue;                        // What the next round gets.
};

Tasks::Tasks(TaskRunner runner, ChangeHub& changes, const Clock& clock, IdSource& ids,
             LastingTasks* lasting, TasksOptions options)
    : runner_(std::move(runner)),
      options_(options),
      clock_(clock),
      changes_(changes),
      ids_(ids),
      lasting_(lasting) {}

Tasks::~Tasks() = default;

Task Tasks::begin(const Caller& caller, const ClientCapabilities& capabilities, TaskWork work) {
    auto entry =
        std::make_shared<Entry>(caller, capabilities, std::move(work), options_.progress_pause);
    entry->task.id = ids_.uuid();
    entry->task.created_at = entry->task.updated_at = clock_.now();
    entry->task.lifetime = options_.lifetime;
    entry->dialogue.log = [](LogLevel, const Json&) {};
    entry->dialogue.let_go = [] {};
    entry->dialogue.can_ask = [capabilities](const Json& request) {
        return !find_missing_capability(capabilities, request);
    };
    const Task begun = entry->task;
    state_.with([&](State& state) {
        make_room(state, caller);
        state.entries.emplace(begun.id, entry);
    });
    if (!post(entry)) {
        state_.with([&](State& state) { state.entries.erase(begun.id); });
        throw Error(ErrorCode::rate_limited,
                    "The server is busy with other calls; repeat this one in a moment.");
    }
    return begun;
}

Task Tasks::begin_lasting(const CallContext& context, const std::string& id) {
    std::optional<Task> task = lasting_->find(context, id);
    if (!task) {
        throw Error(ErrorCode::internal, "The task " + id + " was not written down.");
    }
    CallContext own;
    own.caller = context.caller;
    own.request_id = context.request_id;
    // Without a free thread it stays in the store, where a server that has one finds it.
    if (!is_final(task->status) && !runner_([this, own, id] { run_lasting(own, id); })) {
        log::info("task {} waits in the store for a free thread", id);
    }
    return *std::move(task);
}

Task Tasks::get(const CallContext& context, const std::string& id) {
    if (const std::shared_ptr<Entry> entry = find(context, id)) {
        return state_.with([&](const State&) { return entry->task; });
    }
    std::optional<Task> task = lasting_ != nullptr ? lasting_->find(context, id) : std::nullopt;
    if (!task) {
        throw_unknown(id);
    }
    return *std::move(task);
}

bool Tasks::is_known(const CallContext& context, const std::string& id) {
    return find(context, id) || (lasting_ != nullptr && lasting_->find(context, id));
}

void Tasks::update(const CallContext& context, const std::string& id, const Json& responses) {
    const std::shared_ptr<Entry> entry = find(context, id);
    if (!entry) {
        get(context, id);  // Lasting tasks ask nothing: there is nothing to answer.
        return;
    }
    std::map<std::string, Json> pending_before;
    Json answered_before;
    const bool goes_on = state_.with([&](State&) {
        if (entry->task.status != TaskStatus::input_required) {
            return false;
        }
        pending_before = entry->task.pending;
        answered_before = entry->dialogue.responses;
        for (const auto& [key, response] : responses.items()) {
            if (entry->task.pending.contains(key) && !response.is_object()) {
                throw RpcFailure(code::invalid_params,
                                 "params.inputResponses." + key + " must be an object.");
            }
        }
        for (const auto& [key, response] : responses.items()) {
            if (entry->task.pending.erase(key) > 0) {
                entry->dialogue.responses[entry->keys.at(key)] = response;
                entry->task.updated_at = clock_.now();
            }
        }
        if (entry->task.pending.empty()) {
            entry->task.status = TaskStatus::working;
        }
        return entry->task.pending.empty();
    });
    if (goes_on && !post(entry)) {
        state_.with([&](State&) {
            entry->task.status = TaskStatus::input_required;
            entry->task.pending = std::move(pending_before);
            entry->dialogue.responses = std::move(answered_before);
        });
        throw RpcFailure(
            code::internal_error,
            "The server is busy with other calls; send the answers again in a moment.");
    }
}

void Tasks::cancel(const CallContext& context, const std::string& id) {
    const std::shared_ptr<Entry> entry = find(context, id);
    if (!entry) {
        get(context, id);
        lasting_->cancel(context, id);
        return;
    }
    entry->stop.request_stop();
    const bool idle =
        state_.with([&](const State&) { return !entry->running && !is_final(entry->task.status); });
    if (idle) {  // One that runs settles when its work stops.
        settle(*entry, TaskStatus::cancelled, nullptr, std::nullopt);
    }
}

void Tasks::stop_all() {
    std::vector<std::shared_ptr<Entry>> all;
    state_.with([&](State& state) {
        state.stopping = true;
        for (const auto& [id, entry] : state.entries) {
            all.push_back(entry);
        }
    });
    for (const auto& entry : all) {
        entry->stop.request_stop();
    }
}

/// Null for one that is not there, is another's, or whose time is over.
std::shared_ptr<Tasks::Entry> Tasks::find(const CallContext& context, const std::string& id) {
    return state_.with([&](const State& state) -> std::shared_ptr<Entry> {
        const auto found = state.entries.find(id);
        const bool good = found != state.entries.end() &&
                          found->second->caller.principal == context.caller.principal &&
                          clock_.now() < found->second->task.created_at + options_.lifetime;
        return good ? found->second : nullptr;
    });
}

/// Forgets what is over; throws Error{rate_limited} where nothing can be forgotten.
void Tasks::make_room(State& state, const Caller& caller) {
    std::erase_if(state.entries, [&](const auto& item) {
        const bool over = clock_.now() >= item.second->task.created_at + options_.lifetime;
        if (over) {
            item.second->stop.request_stop();
        }
        return over;
    });
    const auto of_caller = std::count_if(
        state.entries.begin(), state.entries.end(),
        [&](const auto& item) { return item.second->caller.principal == caller.principal; });
    if (state.stopping || state.entries.size() >= options_.tasks_max ||
        static_cast<std::size_t>(of_caller) >= options_.tasks_per_principal_max) {
        throw Error(ErrorCode::rate_limited,
                    "The server keeps as many tasks as it can; come back when some are over.");
    }
}

bool Tasks::post(const std::shared_ptr<Entry>& entry) {
    return runner_([this, entry] { run(entry); });
}

void Tasks::run(const std::shared_ptr<Entry>& entry) {
    Dialogue dialogue;
    CallContext context;
    const bool due = state_.with([&](const State& state) {
        entry->running = !is_final(entry->task.status);
        dialogue = entry->dialogue;
        if (state.stopping) {
            entry->stop.request_stop();
        }
        return entry->running;
    });
    if (!due) {
        return;
    }
    context.stop = entry->stop.get_token();
    context.caller = entry->caller;
    context.request_id = ids_.uuid();
    context.on_progress = [this, weak = std::weak_ptr(entry)](const Progress& progress) {
        if (const auto alive = weak.lock()) {
            note_progress(*alive, progress);
        }
    };
    run_round(*entry, context, dialogue);
}

void Tasks::run_round(Entry& entry, const CallContext& context, const Dialogue& dialogue) {
    try {
        context.check();
        ToolResult result = entry.work(context, dialogue);
        while (result.rest) {
            result = result.rest(context);
        }
        if (result.input_needed) {
            check_capabilities(entry.capabilities, *result.input_needed);
            park(entry, *std::move(result.input_needed));
        } else {
            settle(entry, TaskStatus::completed, to_json(result), std::nullopt);
        }
    } catch (const RpcFailure& failure) {
        settle(entry, TaskStatus::failed, nullptr, failure.error());
    } catch (const std::exception& failure) {
        if (was_cancelled(failure)) {
            settle(entry, TaskStatus::cancelled, nullptr, std::nullopt);
        } else {
            settle(entry, TaskStatus::completed, to_tool_error(failure, context.request_id),
                   std::nullopt);
        }
    }
}

void Tasks::run_lasting(const CallContext& context, const std::string& id) {
    CallContext own = context;
    const auto tell = [this, context, id] {
        if (const std::optional<Task> task = lasting_->find(context, id)) {
            announce(*task);
        }
    };
    own.on_progress = [this, pacer = std::make_shared<Pacer>(options_.progress_pause),
                       tell](const Progress&) {
        if (pacer->is_time() && changes_.is_watched()) {
            tell();
        }
    };
    try {
        lasting_->run(own, id);
        tell();
    } catch (const std::exception& failure) {
        log::warn("task {} was left in the store: {}", id, failure.what());
    }
}

/// The client is to answer before the work can go on. Its keys are never used twice in a task.
void Tasks::park(Entry& entry, InputNeeded needed) {
    std::optional<Task> parked;
    state_.with([&](State&) {
        ++entry.rounds;
        entry.keys.clear();
        for (auto& [key, request] : needed.requests) {
            const std::string shown =
                entry.rounds == 1 ? key : key + '#' + std::to_string(entry.rounds);
            entry.keys.emplace(shown, key);
            entry.task.pending.emplace(shown, std::move(request));
        }
        entry.dialogue.responses = Json::object();
        entry.dialogue.state = std::move(needed.state);
        entry.running = false;
        entry.task.updated_at = clock_.now();
        if (!entry.task.pending.empty() && !entry.stop.stop_requested()) {
            entry.task.status = TaskStatus::input_required;
            parked = entry.task;
        }
    });
    if (parked) {
        announce(*parked);
    } else if (entry.stop.stop_requested()) {
        settle(entry, TaskStatus::cancelled, nullptr, std::nullopt);
    } else {
        settle(entry, TaskStatus::failed, nullptr,
               RpcError{code::internal_error, "The tool asked for nothing.", nullptr});
    }
}

void Tasks::settle(Entry& entry, TaskStatus status, Json result, std::optional<RpcError> error) {
    std::optional<Task> settled;
    state_.with([&](State&) {
        entry.running = false;
        if (is_final(entry.task.status)) {
            return;
        }
        entry.task.status = status;
        entry.task.result = std::move(result);
        entry.task.error = std::move(error);
        entry.task.pending.clear();
        entry.task.updated_at = clock_.now();
        settled = entry.task;
    });
    if (settled) {
        announce(*settled);
    }
}

void Tasks::note_progress(Entry& entry, const Progress& progress) {
    const Task noted = state_.with([&](State&) {
        entry.task.message = describe(progress);
        entry.task.updated_at = clock_.now();
        return entry.task;
    });
    if (!is_final(noted.status) && entry.progress_pacer.is_time()) {
        announce(noted);
    }
}

void Tasks::announce(const Task& task) {
    changes_.task_changed(task.id, detailed_task_form(task));
}

}  // namespace rag::mcp

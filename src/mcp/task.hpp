#pragma once

#include "base/json.hpp"
#include "mcp/jsonrpc.hpp"
#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rag::mcp {

/// The states of the extension io.modelcontextprotocol/tasks; the last three are final.
enum class TaskStatus { working, input_required, completed, cancelled, failed };

std::string_view to_string(TaskStatus status);

constexpr bool is_final(TaskStatus status) {
    return status >= TaskStatus::completed;
}

/// A call that goes on after its reply.
struct Task {
    std::string id;
    TaskStatus status = TaskStatus::working;
    std::string message;  ///< How far it is, for people; may be empty.
    Timestamp created_at{};
    Timestamp updated_at{};
    /// From created_at on; null: for as long as the store keeps it.
    std::optional<std::chrono::milliseconds> lifetime;
    Json result;                          ///< Of completed ones: the result object of tools/call.
    std::optional<RpcError> error;        ///< Of failed ones.
    std::map<std::string, Json> pending;  ///< Of those that wait: what the client is asked.
};

/// How often a client that polls is asked to do so at most.
constexpr std::chrono::milliseconds task_poll_interval{1000};

/// The result of the tools/call that began it: CreateTaskResult.
Json created_task_form(const Task& task);
/// What tasks/get and notifications/tasks hold: DetailedTask, without resultType.
Json detailed_task_form(const Task& task);

/// Tasks that are written down where they outlive this process, whichever server does them. Their
/// beginning is a matter of the tool (TaskPlan::begin). Implementations are safe for concurrent
/// use.
class LastingTasks {
public:
    virtual ~LastingTasks() = default;

    /// Null for an id that names none of the caller's.
    virtual std::optional<Task> find(const CallContext& context, const std::string& id) = 0;
    /// Does the work on this thread, or returns at once where another server does it. What becomes
    /// of it is told by find; throws only where it was not even begun.
    virtual void run(const CallContext& context, const std::string& id) = 0;
    /// Asks it to stop; of no consequence for one that has ended.
    virtual void cancel(const CallContext& context, const std::string& id) = 0;
};

}  // namespace rag::mcp

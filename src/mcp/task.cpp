#include "mcp/task.hpp"

#include "base/time_text.hpp"

#include <array>

namespace rag::mcp {
namespace {

constexpr std::array<std::string_view, 5> status_names{"working", "input_required", "completed",
                                                       "cancelled", "failed"};

Json task_form(const Task& task) {
    Json form = {{"taskId", task.id},
                 {"status", to_string(task.status)},
                 {"createdAt", to_iso8601(task.created_at)},
                 {"lastUpdatedAt", to_iso8601(task.updated_at)},
                 {"ttlMs", task.lifetime ? Json(task.lifetime->count()) : Json()},
                 {"pollIntervalMs", task_poll_interval.count()}};
    if (!task.message.empty()) {
        form["statusMessage"] = task.message;
    }
    return form;
}

}  // namespace

std::string_view to_string(TaskStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

Json created_task_form(const Task& task) {
    Json form = task_form(task);
    form["resultType"] = "task";
    return form;
}

Json detailed_task_form(const Task& task) {
    Json form = task_form(task);
    switch (task.status) {
        case TaskStatus::completed: form["result"] = task.result; break;
        case TaskStatus::input_required: form["inputRequests"] = task.pending; break;
        case TaskStatus::failed: {
            const RpcError error = task.error.value_or(RpcError{});
            form["error"] = {{"code", error.code}, {"message", error.message}};
            if (!error.data.is_null()) {
                form["error"]["data"] = error.data;
            }
            break;
        }
        case TaskStatus::working:
        case TaskStatus::cancelled: break;
    }
    return form;
}

}  // namespace rag::mcp

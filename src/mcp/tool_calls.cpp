#include "mcp/tool_calls.hpp"

#include "base/roles.hpp"
#include "mcp/arguments.hpp"
#include "mcp/catalogue.hpp"
#include "mcp/errors.hpp"

#include <string>
#include <utility>

namespace rag::mcp {
namespace {

void check_role(const Call& call) {
    if (call.caller.role < call.tool->least_role) {
        throw Error(ErrorCode::unauthorized, "The tool '" + call.tool->name + "' needs the role '" +
                                                 std::string(role_name(call.tool->least_role)) +
                                                 "'; this caller has the role '" +
                                                 std::string(role_name(call.caller.role)) + "'.");
    }
}

Json read_arguments(const Call& call) {
    const auto arguments = call.params.find("arguments");
    if (arguments == call.params.end() || arguments->is_null()) {
        return Json::object();
    }
    if (!arguments->is_object()) {
        throw RpcFailure(code::invalid_params, "params.arguments must be an object.");
    }
    return *arguments;
}

const Json& input_schema(const Tool& tool) {
    static const Json any = {{"type", "object"}};
    const auto schema = tool.definition.find("inputSchema");
    return schema != tool.definition.end() ? *schema : any;
}

/// Whether the client said in this request that it understands tasks.
bool speaks_tasks(const Call& call) {
    return era_of(call.revision) == Era::modern && call.capabilities.tasks;
}

/// One round of the tool's handler, whichever it has.
ToolResult run_round(const Tool& tool, const CallContext& context, const Json& arguments,
                     const Dialogue& dialogue) {
    return tool.dialogue_handler ? tool.dialogue_handler(context, arguments, dialogue)
                                 : tool.handler(context, arguments);
}

Json begin_task(const Call& call, const CallContext& context, const Json& arguments, Tasks& tasks) {
    const Tool& tool = *call.tool;
    if (tool.task_plan.begin) {
        return created_task_form(
            tasks.begin_lasting(context, tool.task_plan.begin(context, arguments)));
    }
    return created_task_form(
        tasks.begin(call.caller, call.capabilities,
                    [&tool, arguments](const CallContext& own, const Dialogue& dialogue) {
                        return run_round(tool, own, arguments, dialogue);
                    }));
}

/// What there is left to do goes on as a task, or is done now.
Json finish_call(const Call& call, const CallContext& context, ToolResult result, Tasks* tasks) {
    if (result.rest && tasks != nullptr && speaks_tasks(call)) {
        return created_task_form(tasks->begin(
            call.caller, call.capabilities,
            [rest = result.rest](const CallContext& own, const Dialogue&) { return rest(own); }));
    }
    while (result.rest) {
        result = result.rest(context);
    }
    return to_json(result);
}

}  // namespace

bool becomes_task(const Call& call, const Tasks* tasks) {
    const TaskPlan& plan = call.tool->task_plan;
    if (plan.use == TaskUse::never) {
        return false;
    }
    if (tasks != nullptr && speaks_tasks(call)) {
        const auto given = call.params.find("arguments");
        const bool readable = given != call.params.end() && given->is_object();
        return !plan.suits || plan.suits(readable ? *given : Json::object());
    }
    if (plan.use == TaskUse::required && era_of(call.revision) == Era::modern) {
        throw_tasks_needed();
    }
    return false;
}

void throw_tasks_needed() {
    const Json needed = {{"extensions", {{tasks_extension, Json::object()}}}};
    throw RpcFailure(
        code::missing_client_capability,
        "This needs a client that declares the extension " + std::string(tasks_extension) + ".",
        {{"requiredCapabilities", needed}});
}

Json to_json(const ToolResult& result) {
    Json object = {{"isError", result.is_error}};
    if (!result.structured.is_null() && !result.is_error) {
        object["structuredContent"] = result.structured;
    }
    if (!result.content.empty()) {
        object["content"] = result.content;
    } else {
        const std::string text = result.structured.is_string()
                                     ? result.structured.get<std::string>()
                                     : dump_json(result.structured);
        object["content"] = Json::array({Json{{"type", "text"}, {"text", text}}});
    }
    if (!result.notes.is_null() && !result.notes.empty()) {
        object["_meta"] = {{notes_key, result.notes}};
    }
    return object;
}

Json run_tool(const Call& call, const CallContext& context, Outlet& outlet,
              Conversation& conversation, Tasks* tasks) {
    if (call.tool == nullptr) {
        throw RpcFailure(code::invalid_params,
                         "Unknown tool: '" + require_string(call.params, "name") + "'.");
    }
    const Json given = read_arguments(call);
    try {
        check_role(call);
        if (call.tool->task_plan.use == TaskUse::required && !call.becomes_task) {
            throw Error(ErrorCode::unavailable, "The tool '" + call.tool->name +
                                                    "' can be called by clients with tasks only.");
        }
        const Json arguments = prepare_arguments(input_schema(*call.tool), given);
        if (call.becomes_task) {
            return begin_task(call, context, arguments, *tasks);
        }
        std::optional<ToolResult> result = conversation.carry([&](const Dialogue& dialogue) {
            return run_round(*call.tool, context, arguments, dialogue);
        });
        return result ? finish_call(call, context, *std::move(result), tasks)
                      : conversation.take_interim();
    } catch (const RpcFailure&) {
        throw;
    } catch (const std::exception& failure) {
        Json error = to_tool_error(failure, context.request_id);
        if (is_our_fault(failure)) {
            send_log(call, outlet, LogLevel::error, describe_failure(failure, context.request_id));
        }
        return error;
    }
}

}  // namespace rag::mcp

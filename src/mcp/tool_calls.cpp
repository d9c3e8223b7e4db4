#include "mcp/tool_calls.hpp"

#include "mcp/arguments.hpp"
#include "mcp/catalogue.hpp"
#include "mcp/errors.hpp"

#include <string>
#include <utility>

namespace rag::mcp {
namespace {

const char* role_name(Role role) {
    switch (role) {
        case Role::reader: return "reader";
        case Role::writer: return "writer";
        case Role::admin: return "admin";
    }
    return "reader";
}

void check_role(const Call& call) {
    if (call.caller.role < call.tool->least_role) {
        throw Error(ErrorCode::unauthorized, "The tool '" + call.tool->name + "' needs the role '" +
                                                 role_name(call.tool->least_role) +
                                                 "'; this caller has the role '" +
                                                 role_name(call.caller.role) + "'.");
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

}  // namespace

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
              Conversation& conversation) {
    if (call.tool == nullptr) {
        throw RpcFailure(code::invalid_params,
                         "Unknown tool: '" + require_string(call.params, "name") + "'.");
    }
    const Json given = read_arguments(call);
    try {
        check_role(call);
        const Json arguments = prepare_arguments(input_schema(*call.tool), given);
        const std::optional<ToolResult> result = conversation.carry([&](const Dialogue& dialogue) {
            return call.tool->dialogue_handler
                       ? call.tool->dialogue_handler(context, arguments, dialogue)
                       : call.tool->handler(context, arguments);
        });
        return result ? to_json(*result) : conversation.take_interim();
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

#pragma once

#include "mcp/call.hpp"
#include "mcp/conversation.hpp"
#include "mcp/tasks.hpp"

namespace rag::mcp {

/// Where the notes of a tool's result stand in the result's `_meta`.
constexpr const char* notes_key = "rag-memory/notes";

/// A tool's result as the result object of tools/call.
Json to_json(const ToolResult& result);

/// Throws RpcFailure{-32021} for the extension.
[[noreturn]] void throw_tasks_needed();

/// Whether this call is to be answered with a task: the tool wants it and the client can. `tasks`
/// is null where the server has none. Throws RpcFailure{-32021} where the tool is nothing without a
/// task and the client speaks of none.
bool becomes_task(const Call& call, const Tasks* tasks);

/// `tools/call`: the result object, interim ones included. What goes wrong in or before the handler
/// is a result with isError; throws RpcFailure for an unknown tool and a malformed request. `tasks`
/// is null where the server has none.
Json run_tool(const Call& call, const CallContext& context, Outlet& outlet,
              Conversation& conversation, Tasks* tasks);

}  // namespace rag::mcp

#pragma once

#include "mcp/call.hpp"
#include "mcp/conversation.hpp"

namespace rag::mcp {

/// Where the notes of a tool's result stand in the result's `_meta`.
constexpr const char* notes_key = "rag-memory/notes";

/// A tool's result as the result object of tools/call.
Json to_json(const ToolResult& result);

/// `tools/call`: the result object, interim ones included. What goes wrong in or before the handler
/// is a result with isError; throws RpcFailure for an unknown tool and a malformed request.
Json run_tool(const Call& call, const CallContext& context, Outlet& outlet,
              Conversation& conversation);

}  // namespace rag::mcp

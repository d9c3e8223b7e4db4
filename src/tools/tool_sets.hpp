#pragma once

#include "mcp/registry.hpp"
#include "tools/register.hpp"

#include <optional>
#include <string>
#include <string_view>

/// The tools, a maker for each; names are those of the tools. Internal to the room.
namespace rag::tools {

mcp::Tool search_documents(const MemoryProvider& memory);

mcp::Tool list_collections(const MemoryProvider& memory);
mcp::Tool create_collection(const MemoryProvider& memory);
mcp::Tool update_collection_description(const MemoryProvider& memory);
mcp::Tool get_collection_info(const MemoryProvider& memory);
mcp::Tool delete_collection(const MemoryProvider& memory);
mcp::Tool export_collection(const MemoryProvider& memory);

mcp::Tool ingest_text(const MemoryProvider& memory);
mcp::Tool ingest_file(const MemoryProvider& memory);
mcp::Tool ingest_directory(const MemoryProvider& memory);

mcp::Tool analyze_website(const MemoryProvider& memory);
mcp::Tool ingest_url(const MemoryProvider& memory);

mcp::Tool get_document_by_id(const MemoryProvider& memory);
mcp::Tool update_document(const MemoryProvider& memory);
mcp::Tool delete_document(const MemoryProvider& memory);
mcp::Tool list_documents(const MemoryProvider& memory);
mcp::Tool list_document_versions(const MemoryProvider& memory);
mcp::Tool restore_document_version(const MemoryProvider& memory);

mcp::Tool connector_search(const MemoryProvider& memory);
mcp::Tool connector_fetch(const MemoryProvider& memory);

/// Turns prepared arguments into the result object.
using Answer = std::function<mcp::ToolResult(const CallContext&, const Json& arguments)>;

/// A tool with the definition of schema/tools/<name>.json.
mcp::Tool make_tool(std::string_view name, Role least_role, mcp::Duration duration, Answer answer);

/// A result that is nothing but its object.
mcp::ToolResult result_of(Json structured);

// What a handler reads out of its arguments, which were validated against the schema before. A
// value of another type is a fault of ours: Error{internal}.

std::string text_of(const Json& arguments, const char* name);
/// Null where the argument is absent or null.
std::optional<std::string> optional_text(const Json& arguments, const char* name);
std::int64_t integer_of(const Json& arguments, const char* name, std::int64_t otherwise);
bool flag_of(const Json& arguments, const char* name);
/// An empty object where the argument is absent or null.
Metadata object_of(const Json& arguments, const char* name);
/// Empty where the argument is absent or null.
std::vector<std::string> texts_of(const Json& arguments, const char* name);

}  // namespace rag::tools

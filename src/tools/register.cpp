#include "tools/register.hpp"

#include "base/embedded.hpp"
#include "rag/error.hpp"
#include "tools/tool_sets.hpp"

#include <algorithm>
#include <utility>

namespace rag::embedded {
extern const Files tool_definitions;
}

namespace rag::tools {
namespace {

using Maker = mcp::Tool (*)(const MemoryProvider&);

struct ToolSet {
    std::string_view name;
    std::vector<Maker> makers;
};

/// In the order in which clients see them.
const std::vector<ToolSet>& tool_sets() {
    static const std::vector<ToolSet> sets = {
        {"core",
         {search_documents, list_collections, create_collection, update_collection_description,
          ingest_text, get_document_by_id, get_collection_info, analyze_website, ingest_url,
          ingest_file, ingest_directory, update_document, delete_document, list_documents}},
        {"admin",
         {delete_collection, export_collection, list_document_versions, restore_document_version}},
        {"connector", {connector_search, connector_fetch}}};
    return sets;
}

Json definition_of(std::string_view name) {
    const std::string file = std::string(name) + ".json";
    for (const auto& [filename, content] : embedded::tool_definitions) {
        if (filename == file) {
            return parse_json(content);
        }
    }
    throw Error(ErrorCode::internal, "The tool " + std::string(name) + " has no definition.");
}

const Json* find(const Json& arguments, const char* name) {
    const auto found = arguments.find(name);
    return found == arguments.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void throw_unprepared(const char* name) {
    throw Error(ErrorCode::internal, std::string("The argument ") + name + " was not prepared.");
}

}  // namespace

void register_tools(mcp::Registry& registry, const MemoryProvider& memory,
                    const std::vector<std::string>& toolsets) {
    for (const std::string& name : toolsets) {
        const bool known = std::any_of(tool_sets().begin(), tool_sets().end(),
                                       [&](const ToolSet& set) { return set.name == name; });
        if (!known) {
            throw Error(ErrorCode::invalid_argument,
                        "There is no toolset '" + name + "'; there are core, admin and connector.");
        }
    }
    for (const ToolSet& set : tool_sets()) {
        if (std::find(toolsets.begin(), toolsets.end(), set.name) != toolsets.end()) {
            for (const Maker make : set.makers) {
                registry.add_tool(make(memory));
            }
        }
    }
}

mcp::Tool make_tool(std::string_view name, Role least_role, mcp::Duration duration, Answer answer) {
    mcp::Tool tool;
    tool.name = name;
    tool.definition = definition_of(name);
    tool.duration = duration;
    tool.least_role = least_role;
    tool.handler = std::move(answer);
    return tool;
}

mcp::ToolResult result_of(Json structured) {
    mcp::ToolResult result;
    result.structured = std::move(structured);
    return result;
}

std::string text_of(const Json& arguments, const char* name) {
    std::optional<std::string> text = optional_text(arguments, name);
    if (!text) {
        throw_unprepared(name);
    }
    return *std::move(text);
}

std::optional<std::string> optional_text(const Json& arguments, const char* name) {
    const Json* value = find(arguments, name);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        throw_unprepared(name);
    }
    return value->get<std::string>();
}

std::int64_t integer_of(const Json& arguments, const char* name, std::int64_t otherwise) {
    const Json* value = find(arguments, name);
    if (value == nullptr) {
        return otherwise;
    }
    if (!value->is_number_integer()) {
        throw_unprepared(name);
    }
    return value->get<std::int64_t>();
}

bool flag_of(const Json& arguments, const char* name) {
    const Json* value = find(arguments, name);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

Metadata object_of(const Json& arguments, const char* name) {
    const Json* value = find(arguments, name);
    return value == nullptr ? Metadata::object() : *value;
}

std::vector<std::string> texts_of(const Json& arguments, const char* name) {
    std::vector<std::string> texts;
    if (const Json* value = find(arguments, name)) {
        for (const Json& text : *value) {
            if (!text.is_string()) {
                throw_unprepared(name);
            }
            texts.push_back(text.get<std::string>());
        }
    }
    return texts;
}

}  // namespace rag::tools

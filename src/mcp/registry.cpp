#include "mcp/registry.hpp"

#include "rag/error.hpp"

#include <utility>

namespace rag::mcp {
namespace {

template <class Entry>
const Entry* find_by_name(const std::vector<Entry>& entries, std::string_view name) {
    for (const Entry& entry : entries) {
        if (entry.name == name) {
            return &entry;
        }
    }
    return nullptr;
}

}  // namespace

void Registry::add_tool(Tool tool) {
    if (find_tool(tool.name) != nullptr) {
        throw Error(ErrorCode::internal, "The tool '" + tool.name + "' is there already.");
    }
    tools_.push_back(std::move(tool));
}

void Registry::add_prompt(Prompt prompt) {
    if (find_prompt(prompt.name) != nullptr) {
        throw Error(ErrorCode::internal, "The prompt '" + prompt.name + "' is there already.");
    }
    prompts_.push_back(std::move(prompt));
}

const Tool* Registry::find_tool(std::string_view name) const {
    return find_by_name(tools_, name);
}

const Prompt* Registry::find_prompt(std::string_view name) const {
    return find_by_name(prompts_, name);
}

}  // namespace rag::mcp

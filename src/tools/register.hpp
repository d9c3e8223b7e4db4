#pragma once

#include "mcp/registry.hpp"
#include "memory/memory.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rag::tools {

/// The memory that a call works on. May wait until the store is open, within the context's
/// deadline; throws Error{unavailable} when it does not open.
using MemoryProvider = std::function<memory::Memory&(const CallContext&)>;

/// Adds the tools of the toolsets, in the contract's order: "core" (the fourteen), "admin",
/// "connector". Throws Error{invalid_argument} for a toolset that does not exist.
void register_tools(mcp::Registry& registry, const MemoryProvider& memory,
                    const std::vector<std::string>& toolsets = {"core"});

/// Adds the prompts.
void register_prompts(mcp::Registry& registry, const MemoryProvider& memory);

}  // namespace rag::tools

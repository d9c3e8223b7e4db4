#pragma once

#include "mcp/change_hub.hpp"
#include "mcp/registry.hpp"

#include <memory>

namespace rag::tools {

/// Fills an empty registry with the tools, prompts and resources that the official conformance
/// suite of the Model Context Protocol expects of a server under test (its scenario descriptions).
/// Never part of a registry that users see. `changes` must outlive the registry; so must the
/// provider that is returned.
std::unique_ptr<mcp::ResourceProvider> register_conformance_fixtures(mcp::Registry& registry,
                                                                     mcp::ChangeHub& changes);

}  // namespace rag::tools

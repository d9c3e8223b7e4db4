#pragma once

#include "base/workers.hpp"
#include "config.hpp"
#include "engine.hpp"
#include "mcp/change_hub.hpp"
#include "mcp/dispatcher.hpp"
#include "mcp/registry.hpp"
#include "mcp/tasks.hpp"
#include "telemetry.hpp"

#include <memory>
#include <string>

namespace rag {

/// What the server offers its clients.
enum class Offer {
    product,               ///< The tools, resources and prompts of the memory.
    conformance_fixtures,  ///< What the official conformance suite asks for, and nothing else.
};

/// The protocol over one engine: registry and dispatcher, with no wire. Safe for concurrent use.
class McpService final {
public:
    /// `engine`, `telemetry` and `jobs`, where tasks run, must outlive this, and `jobs` be stopped
    /// before it goes; `secret` signs what clients carry for us.
    McpService(Engine& engine, const Config& config, const std::string& secret, Offer offer,
               Telemetry& telemetry, Workers& jobs);

    mcp::Dispatcher& dispatcher() { return *dispatcher_; }
    mcp::ChangeHub& changes() { return changes_; }

private:
    mcp::ChangeHub changes_;
    std::unique_ptr<mcp::LastingTasks> lasting_;
    std::unique_ptr<mcp::Tasks> tasks_;
    std::unique_ptr<mcp::ResourceProvider> resources_;
    mcp::Registry registry_;
    std::unique_ptr<mcp::Dispatcher> dispatcher_;
};

}  // namespace rag

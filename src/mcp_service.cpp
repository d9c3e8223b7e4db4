#include "mcp_service.hpp"

#include "base/version.hpp"
#include "tools/conformance_fixtures.hpp"
#include "tools/instructions.hpp"
#include "tools/lasting_jobs.hpp"
#include "tools/register.hpp"
#include "tools/resources.hpp"

namespace rag {

McpService::McpService(Engine& engine, const Config& config, const std::string& secret, Offer offer,
                       Telemetry& telemetry, Workers& jobs) {
    mcp::ServerCard card;
    card.version = version;
    card.description = "A memory for AI agents: takes text in, finds the passage that answers.";
    if (offer == Offer::conformance_fixtures) {
        resources_ = tools::register_conformance_fixtures(registry_, changes_);
        card.changing = {.tools = true, .prompts = true, .resources = true};
    } else {
        const tools::MemoryProvider memory = [&engine](const CallContext& context) -> auto& {
            return engine.memory(context);
        };
        tools::register_tools(registry_, memory, config.toolsets);
        tools::register_prompts(registry_, memory);
        resources_ = std::make_unique<tools::MemoryResources>(memory);
        registry_.set_resources(*resources_);
        lasting_ = std::make_unique<tools::LastingJobs>(memory);
        card.instructions = tools::server_instructions();
    }
    const mcp::TaskRunner runner = [&jobs](std::function<void()> work) {
        return jobs.try_post(std::move(work));
    };
    tasks_ = std::make_unique<mcp::Tasks>(runner, changes_, engine.clock(), engine.ids(),
                                          lasting_.get());
    mcp::DispatcherOptions options;
    options.on_call = [&telemetry](const mcp::CallReport& report) { telemetry.note_call(report); };
    dispatcher_ =
        std::make_unique<mcp::Dispatcher>(registry_, card, secret, changes_, engine.clock(),
                                          engine.ids(), std::move(options), tasks_.get());
}

}  // namespace rag

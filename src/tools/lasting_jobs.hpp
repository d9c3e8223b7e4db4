#pragma once

#include "mcp/task.hpp"
#include "tools/register.hpp"

namespace rag::tools {

/// The jobs of the store as the tasks of those who began them. Safe for concurrent use.
class LastingJobs final : public mcp::LastingTasks {
public:
    explicit LastingJobs(MemoryProvider memory) : memory_(std::move(memory)) {}

    std::optional<mcp::Task> find(const CallContext& context, const std::string& id) override;
    void run(const CallContext& context, const std::string& id) override;
    void cancel(const CallContext& context, const std::string& id) override;

private:
    const MemoryProvider memory_;
};

}  // namespace rag::tools

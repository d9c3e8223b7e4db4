#pragma once

#include "engine.hpp"
#include "mcp/change_hub.hpp"

#include <stop_token>
#include <thread>

namespace rag {

/// Tells clients that watch resources what changed, whoever changed it: follows the store's change
/// feed once a second while anybody watches, on a thread of its own.
class ChangeWatcher final {
public:
    /// Both must outlive this.
    ChangeWatcher(Engine& engine, mcp::ChangeHub& changes);

private:
    void run(const std::stop_token& stop);
    void follow(Store& store, const CallContext& context);

    Engine& engine_;
    mcp::ChangeHub& changes_;
    std::optional<FeedPosition> position_;  ///< Of the thread only; null while nobody watches.
    std::jthread thread_;
};

}  // namespace rag

#pragma once

#include "engine.hpp"
#include "mcp/change_hub.hpp"

#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace rag {

/// Tells clients that watch resources what changed, whoever changed it: follows the store's change
/// feed once a second while anybody watches, on a thread of its own.
class ChangeWatcher final {
public:
    /// Both must outlive this.
    ChangeWatcher(Engine& engine, mcp::ChangeHub& changes);
    ~ChangeWatcher();
    ChangeWatcher(const ChangeWatcher&) = delete;
    ChangeWatcher& operator=(const ChangeWatcher&) = delete;

private:
    /// On the thread of whoever is about to watch: looks where the feed ends, unless it is followed
    /// already or the store is not open.
    void begin();
    void run(const std::stop_token& stop);
    void look(const std::stop_token& stop);
    /// Returns where to go on.
    FeedPosition follow(Store& store, const CallContext& context, const FeedPosition& from);

    Engine& engine_;
    mcp::ChangeHub& changes_;

    std::mutex mutex_;
    // Guarded by mutex_, which is not held during queries.
    std::optional<FeedPosition> position_;  ///< Null while nobody watches.
    int unwatched_rounds_ = 0;

    std::jthread thread_;
};

}  // namespace rag

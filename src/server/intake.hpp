#pragma once

#include "mcp/dispatcher.hpp"
#include "mcp/jsonrpc.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace rag::server {

/// What one body or one line came to: the calls to run, and the replies that are known already
/// because a message was refused. Notifications and responses have been heard.
struct Intake {
    bool is_batch = false;
    std::vector<std::shared_ptr<mcp::Call>> calls;
    std::vector<mcp::Reply> replies;
    /// What counts the calls among those that run; given back before the answer is sent, because
    /// the client may send its next call as soon as it has read that. May be null.
    std::shared_ptr<void> place;

    bool has_lengthy() const;
    bool wants_stream() const;
    bool only_instant() const;
};

/// Takes every message to the dispatcher. A batch is refused whole unless the client agreed to a
/// revision that has them.
Intake take_in(mcp::Dispatcher& dispatcher, mcp::ParsedText parsed, const mcp::Arrival& arrival);

/// Runs the calls one after the other, on this thread, and returns what to answer: one message, an
/// array for a batch, null when there is nothing to answer (notifications, cancelled calls).
std::optional<mcp::Reply> run_all(mcp::Dispatcher& dispatcher, Intake& intake, mcp::Outlet& outlet);

/// What to answer when no worker is free for the calls.
mcp::Reply turn_away(const mcp::Dispatcher& dispatcher, Intake& intake);

}  // namespace rag::server

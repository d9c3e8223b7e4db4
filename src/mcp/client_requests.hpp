#pragma once

#include "mcp/jsonrpc.hpp"
#include "mcp/outlet.hpp"
#include "rag/context.hpp"

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string_view>

namespace rag::mcp {

/// Requests of ours to one legacy client (elicitation, sampling, roots) that wait for its answers.
/// Safe for concurrent use.
class ClientRequests {
public:
    /// Sends the request and waits for its answer: the result object. Throws Error{cancelled} or
    /// {deadline_exceeded} by the context, {unavailable} where the client is gone or answers with
    /// an error, {rate_limited} when too many wait already.
    Json ask(const CallContext& context, Outlet& outlet, std::string_view method, Json params);

    /// Hands an answer to whom it may concern; one to no question of ours is dropped.
    void answer(const Message& response);

private:
    std::mutex mutex_;
    std::condition_variable_any answered_;
    // Guarded by mutex_. Null until the answer is there.
    std::map<RequestId, Json> waiting_;
    std::int64_t last_id_ = 0;
};

}  // namespace rag::mcp

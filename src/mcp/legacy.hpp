#pragma once

#include "mcp/call.hpp"
#include "mcp/server_card.hpp"

namespace rag::mcp {

/// A legacy request as a call, without tool and pace. Throws RpcFailure.
Call admit_legacy(Message message, const Arrival& arrival);

/// The methods that only legacy revisions have. All need the call's client.
/// `initialize` tells the client object what was agreed.
Json initialize(const Call& call, const ServerCard& card);
Json set_log_level(const Call& call);

}  // namespace rag::mcp

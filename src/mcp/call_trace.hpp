#pragma once

#include "base/json.hpp"
#include "base/log.hpp"
#include "mcp/call.hpp"
#include "rag/context.hpp"

#include <string>

namespace rag::mcp {

/// The well-formed traceparent of a request: of `params._meta` (the client's own word), else of the
/// HTTP request that carried it. Empty where there is none.
std::string find_trace_parent(const Json& params, const Arrival& arrival);

/// What the log's lines about the call carry.
log::Mark make_mark(const CallContext& context);

}  // namespace rag::mcp

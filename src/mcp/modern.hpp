#pragma once

#include "mcp/call.hpp"
#include "mcp/errors.hpp"
#include "mcp/server_card.hpp"

#include <optional>
#include <string_view>

namespace rag::mcp {

/// Keys of `_meta` in 2026-07-28 (basic/index).
namespace meta_key {
constexpr const char* protocol_version = "io.modelcontextprotocol/protocolVersion";
constexpr const char* client_capabilities = "io.modelcontextprotocol/clientCapabilities";
constexpr const char* log_level = "io.modelcontextprotocol/logLevel";
constexpr const char* server_info = "io.modelcontextprotocol/serverInfo";
constexpr const char* subscription_id = "io.modelcontextprotocol/subscriptionId";
}  // namespace meta_key

/// What to do with an HTTP request whose MCP-Protocol-Version header and `_meta` differ.
enum class VersionHeader {
    strict,   ///< Refuse, as the specification demands.
    lenient,  ///< Believe `_meta`: a known connector sends the wrong header.
};

/// -32602 for the `_meta` envelope: over HTTP with status 400, unlike other wrong parameters.
class EnvelopeFailure final : public RpcFailure {
public:
    explicit EnvelopeFailure(std::string message)
        : RpcFailure(code::invalid_params, std::move(message)) {}
};

/// Whether the message claims to be of a modern revision: it carries the key, whatever its value.
bool claims_modern(const Json& params);

/// The checks of a modern request that precede its dispatch, in the order of the reference
/// implementation. Returns the call without tool and pace. Throws RpcFailure; an EnvelopeFailure
/// where the error travels with HTTP status 400 although its code has 200 elsewhere.
Call admit_modern(Message message, const Arrival& arrival, VersionHeader rule);

/// `server/discover`.
Json discover(const ServerCard& card);

/// Adds what every modern result carries (resultType, serverInfo) and the caching hints of the
/// methods that have them.
void complete_modern_result(Json& result, std::string_view method, const ServerCard& card);

}  // namespace rag::mcp

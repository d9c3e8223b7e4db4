#pragma once

#include "mcp/client_capabilities.hpp"
#include "mcp/in_flight.hpp"
#include "mcp/jsonrpc.hpp"
#include "mcp/legacy_client.hpp"
#include "mcp/registry.hpp"
#include "mcp/revision.hpp"
#include "rag/context.hpp"
#include "rag/http_client.hpp"

#include <memory>
#include <optional>
#include <string>

namespace rag::mcp {

enum class Wire { stdio, http, sse };

/// How a message came in.
struct Arrival {
    Wire wire = Wire::stdio;
    Caller caller;
    /// Of the HTTP request (names in lower case); null on other wires.
    const HttpHeaders* headers = nullptr;
    /// The legacy client that speaks here; null on HTTP where there is no session.
    std::shared_ptr<LegacyClient> client;
    /// What request ids are unique in: the session or the connection. Empty: nothing, so that the
    /// request cannot be cancelled by a notification (modern HTTP).
    std::string scope;
};

/// How long a request may be expected to take.
enum class Pace {
    instant,    ///< Touches nothing but what is in memory: answer on the thread that read it.
    brief,      ///< May block, but not for long.
    lengthy,    ///< May take minutes: must not hold a worker that brief calls need.
    listening,  ///< subscriptions/listen: give it to Dispatcher::listen.
};

/// A request that passed every check that comes before its work.
struct Call {
    RequestId id;
    std::string method;
    Json params;
    Revision revision = latest_legacy;
    Wire wire = Wire::stdio;
    Caller caller;
    std::shared_ptr<LegacyClient> client;  ///< Legacy only.
    ClientCapabilities capabilities;
    std::optional<LogLevel> log_level;  ///< Least level that the client wants to hear of.
    Json progress_token;                ///< Null: the client wants no progress.
    std::string trace_parent;           ///< Of `_meta`, else of the HTTP request; may be empty.
    const Tool* tool = nullptr;         ///< Of tools/call; null where the name is unknown.
    Pace pace = Pace::brief;
    bool becomes_task = false;  ///< Of tools/call: answered with a task that goes on by itself.
    /// Messages may have to go out before the reply: over HTTP, answer with a stream.
    bool wants_stream = false;
    InFlight::Ticket ticket;  ///< Its source stops the call.
};

/// What goes back for a request.
struct Reply {
    Json message;
    int http_status = 200;
};

}  // namespace rag::mcp

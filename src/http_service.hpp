#pragma once

#include "config.hpp"
#include "ended_sessions.hpp"
#include "engine.hpp"
#include "http/server.hpp"
#include "mcp/sessions.hpp"
#include "mcp_service.hpp"
#include "server/admission.hpp"
#include "server/auth.hpp"
#include "server/call_limit.hpp"
#include "server/gate.hpp"
#include "server/legacy_sse.hpp"
#include "server/rate_limit.hpp"
#include "server/resource_metadata.hpp"
#include "server/stream_keeper.hpp"
#include "server/streamable_http.hpp"
#include "system_health.hpp"
#include "telemetry.hpp"
#include "token_lookups.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace rag {

/// The server over HTTP: the gate, the routes and the endpoints behind them.
class HttpService final {
public:
    /// All references must outlive this; `jobs` is to be stopped before it goes. Throws
    /// Error{invalid_argument} for an address that may not be served so.
    HttpService(const Config& config, const std::string& secret, Engine& engine,
                McpService& protocol, Telemetry& telemetry, Workers& calls, Workers& jobs);

    void start() { server_.start(); }
    /// "http://127.0.0.1:8000", after start().
    std::string address() const;
    /// Ends streams, lets calls finish within the drain time.
    void stop();

private:
    server::AuthOptions auth_options();
    server::Door door();
    http::ServerOptions server_options();
    http::Route of_whole_store(http::Route route);
    std::vector<http::Route> routes();
    Json health_details(const http::Request& request);
    void show_connections();

    // Constant after construction; destroyed from the last to the first.
    const Config& config_;
    Engine& engine_;
    Telemetry& telemetry_;
    const SystemHealth health_;
    const server::OriginGate origins_;
    StoredTokens stored_tokens_;
    const std::unique_ptr<IssuedTokens> issued_tokens_;  // Null unless OAuth is configured.
    const server::ProtectedResource resource_;
    server::Authenticator authenticator_;
    server::RateLimit rate_limit_;
    server::CallLimit call_limit_;
    StoredEndedSessions ended_sessions_;
    mcp::Sessions sessions_;
    server::StreamKeeper streams_;
    server::StreamableHttp streamable_;
    server::LegacySse sse_;
    std::atomic<bool> stopping_{false};
    http::Server server_;
};

}  // namespace rag

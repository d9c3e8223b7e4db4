#pragma once

#include "config.hpp"
#include "ended_sessions.hpp"
#include "engine.hpp"
#include "http/server.hpp"
#include "mcp/sessions.hpp"
#include "mcp_service.hpp"
#include "server/admission.hpp"
#include "server/auth.hpp"
#include "server/gate.hpp"
#include "server/legacy_sse.hpp"
#include "server/rate_limit.hpp"
#include "server/stream_keeper.hpp"
#include "server/streamable_http.hpp"
#include "system_health.hpp"
#include "telemetry.hpp"

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
    http::ServerOptions server_options();
    std::vector<http::Route> routes();
    Json health_details(const http::Request& request) const;
    void show_connections();

    // Constant after construction; destroyed from the last to the first.
    const Config& config_;
    Engine& engine_;
    Telemetry& telemetry_;
    const SystemHealth health_;
    const server::OriginGate origins_;
    const server::Authenticator authenticator_;
    server::RateLimit rate_limit_;
    StoredEndedSessions ended_sessions_;
    mcp::Sessions sessions_;
    server::StreamKeeper streams_;
    server::StreamableHttp streamable_;
    server::LegacySse sse_;
    std::atomic<bool> stopping_{false};
    http::Server server_;
};

}  // namespace rag

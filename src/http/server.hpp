#pragma once

#include "http/types.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rag {
class Workers;
}

namespace rag::http {

/// What one peer may take. Every limit has a default that suits a small machine.
struct ServerLimits {
    std::size_t connections_max = 1024;
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t header_fields_max = 100;
    std::size_t body_bytes_max = 32 * 1024 * 1024;
    std::size_t body_budget_bytes = 64 * 1024 * 1024;  ///< Of all bodies in flight.
    std::size_t stream_events_max = 256;
    std::size_t stream_bytes_max = 1024 * 1024;
    std::chrono::milliseconds head_timeout{10'000};  ///< From the first byte (or accept) on.
    std::chrono::milliseconds idle_timeout{60'000};  ///< Between two requests.
    std::chrono::milliseconds body_timeout{60'000};  ///< For the whole body.
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds stream_keep_alive{15'000};  ///< A comment in a silent SSE stream.
    std::chrono::milliseconds drain_timeout{3'000};       ///< For calls that run at the stop.
};

/// A request that was answered, for metrics and logs.
struct Served {
    std::string_view method;
    std::string_view route;  ///< The route's pattern; empty when none was found.
    int status = 0;
    std::chrono::microseconds duration{0};
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: chosen by the system.
    std::size_t io_threads = 1;
    ServerLimits limits;
    Gate gate;  ///< May be empty.
    /// Whether the gate may block for this request; it is then asked on a worker instead. On the
    /// network thread; may be empty.
    std::function<bool(const Request& head)> gate_waits;
    /// Adds header fields to every answer (security headers, CORS). On the network thread.
    std::function<void(const Request&, HttpHeaders&)> decorate;
    std::function<void(const Served&)> on_served;  ///< On the network thread; may be empty.
};

/// An HTTP/1.1 server. Handlers run where their route says and answer when they like.
class Server final {
public:
    /// `workers` must outlive the server.
    Server(ServerOptions options, std::vector<Route> routes, Workers& workers);
    ~Server();  ///< Stops.
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and serves from threads of its own. Throws Error{unavailable} when the address cannot
    /// be bound, Error{invalid_argument} for a host that is none.
    void start();
    std::uint16_t port() const;  ///< The bound one, after start().
    /// Accepts no more, ends idle connections at once, lets running calls answer within the drain
    /// time, be it with a stream, then requests their stop and closes. Streams that belong to no
    /// call are for their owners to close before. Blocks; may be called again. Not from a handler.
    void stop();

    std::size_t connections() const;
    std::size_t body_bytes_in_flight() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace rag::http

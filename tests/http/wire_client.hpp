#pragma once

#include "base/workers.hpp"
#include "http/server.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rag::http {

/// A raw connection to a server on this machine; every wait ends after ten seconds.
class WireClient {
public:
    explicit WireClient(std::uint16_t port);
    ~WireClient();
    WireClient(WireClient&& other) noexcept;
    WireClient(const WireClient&) = delete;
    WireClient& operator=(const WireClient&) = delete;

    void send(std::string_view bytes);
    /// Sends what fits without waiting; how much that was.
    std::size_t send_some(std::string_view bytes);
    /// Everything up to and with `mark`; what came before the end when the peer ends first.
    std::string read_until(std::string_view mark);
    /// A whole answer with Content-Length (or without body): head and body.
    std::string read_answer();
    /// Everything until the peer ends.
    std::string read_all();
    /// Whether the peer has ended the connection; waits for that.
    bool is_ended();
    void shutdown_send();
    void close();
    void set_receive_buffer(int bytes);

private:
    bool fill();

    int socket_ = -1;
    std::string received_;
};

std::string get(std::string_view path);
std::string post(std::string_view path, std::string_view body);
int status_of(std::string_view answer);
std::string body_of(std::string_view answer);

/// A server with its workers.
struct TestServer {
    explicit TestServer(std::vector<Route> routes, ServerOptions options = {},
                        std::size_t queue = 64)
        : workers("call", 2, queue), server(std::move(options), std::move(routes), workers) {
        server.start();
    }
    WireClient connect() { return WireClient(server.port()); }

    Workers workers;
    Server server;
};

/// Answers with the request's method, path and body.
Route echo_route(std::string method, std::string path, Place place = Place::worker);

/// Waits until `done()` is true; false after ten seconds.
template <class F>
bool await(F done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

}  // namespace rag::http

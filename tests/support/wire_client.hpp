#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace rag::test {

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

}  // namespace rag::test

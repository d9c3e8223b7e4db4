#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rag::test {

/// What a server on loopback does with one who wants to speak to a browser.
struct DevtoolsScript {
    /// When set, sent in place of the WebSocket's handshake.
    std::string raw_answer;
    /// Before the handshake is answered.
    std::chrono::milliseconds delay{0};
    /// What is sent for a message; nothing for an empty list. Called on the server's thread.
    std::function<std::vector<std::string>(const std::string& message)> answer;
    /// Ends the connection without a farewell at the message of this number (from 1); 0: never.
    int broken_off_at = 0;
    /// Takes nothing after the handshake, not even a ping.
    bool deaf = false;
    /// Closes with this code after the handshake; 0: not.
    std::uint16_t close_code = 0;
    /// When set the server speaks TLS with it.
    X509* certificate = nullptr;
    EVP_PKEY* key = nullptr;
};

/// A WebSocket server on 127.0.0.1, at a port of the system's choice, that serves one connection
/// after the other as the script says. The destructor ends it.
class DevtoolsServer final {
public:
    explicit DevtoolsServer(DevtoolsScript script);
    ~DevtoolsServer();
    DevtoolsServer(const DevtoolsServer&) = delete;
    DevtoolsServer& operator=(const DevtoolsServer&) = delete;

    int port() const;
    std::string authority() const { return "127.0.0.1:" + std::to_string(port()); }
    /// The heads of requests so far: first line, then "name: value" lines.
    std::vector<std::string> heads() const;
    /// Code with which the last connection was closed by its client; 0 when it was not.
    int farewell() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rag::test

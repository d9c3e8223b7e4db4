#pragma once

#include "browser/remote.hpp"
#include "browser/transport.hpp"
#include "net/address_guard.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace rag::browser {

struct WebsocketLimits {
    std::chrono::milliseconds connect{5'000};     ///< For each address of the host.
    std::chrono::milliseconds handshake{15'000};  ///< Of TLS and of the WebSocket, each; services
                                                  ///< start a browser meanwhile.
    std::chrono::milliseconds silence{30'000};    ///< Half of it without a byte brings a ping.
    std::chrono::milliseconds farewell{1'000};
    std::size_t message_bytes = protocol_message_bytes_max;
};

/// Transport to a browser elsewhere. `address` is that of the WebSocket, `hosts` what its name
/// leads to. With https the chain of certificates and the name in it are verified. Throws
/// Error{unavailable} with a sentence of what is wrong and what to do.
std::unique_ptr<Transport> open_websocket(const RemoteAddress& address,
                                          const std::vector<net::IpAddress>& hosts,
                                          const WebsocketLimits& limits,
                                          const std::stop_token& over);

}  // namespace rag::browser

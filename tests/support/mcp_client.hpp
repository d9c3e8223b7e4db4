#pragma once

#include "support/process.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rag::test {

enum class Transport { stdio, streamable_http, sse };
enum class Wire { legacy, modern };  ///< 2025-11-25 with its handshake; 2026-07-28 without.

/// A small MCP client of the tests' own, for steps that the official ones hide. Used by one thread.
class McpClient {
public:
    virtual ~McpClient() = default;

    /// Sends the request and returns its whole response: {"result": ...} or {"error": ...}.
    virtual nlohmann::json request(const std::string& method, nlohmann::json params) = 0;
    /// Notifications that came since the last call, in order.
    virtual std::vector<nlohmann::json> take_notifications() = 0;
};

/// Speaks to a child process that serves stdio.
std::unique_ptr<McpClient> connect_stdio(Process& server, Wire wire);
/// `address` is "http://127.0.0.1:PORT"; `token` goes into the Authorization header unless empty.
std::unique_ptr<McpClient> connect_http(const std::string& address, Wire wire,
                                        const std::string& token = "");
std::unique_ptr<McpClient> connect_sse(const std::string& address);

}  // namespace rag::test

#pragma once

#include "support/wire_client.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

/// Messages and requests as they go over the wire, for tests that look at the wire itself.
namespace rag::test {

/// A request to /mcp; `headers` are whole lines with their ends.
inline std::string request_text(const std::string& method, const std::string& headers,
                                const std::string& body) {
    return method +
           " /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           "Accept: application/json, text/event-stream\r\n" +
           headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline nlohmann::json legacy_request(const nlohmann::json& id, const std::string& method,
                                     nlohmann::json params) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

inline nlohmann::json modern_request(const nlohmann::json& id, const std::string& method,
                                     nlohmann::json params) {
    params["_meta"] = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                       {"io.modelcontextprotocol/clientCapabilities", nlohmann::json::object()}};
    return legacy_request(id, method, std::move(params));
}

inline nlohmann::json listen_request(const std::vector<std::string>& uris) {
    return modern_request(
        "l", "subscriptions/listen",
        {{"notifications", {{"resourcesListChanged", true}, {"resourceSubscriptions", uris}}}});
}

/// With the headers that mirror it.
inline std::string post_modern(const nlohmann::json& message) {
    std::string headers =
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + message["method"].get<std::string>() +
        "\r\n";
    if (message["params"].contains("name")) {
        headers += "Mcp-Name: " + message["params"]["name"].get<std::string>() + "\r\n";
    }
    return request_text("POST", headers, message.dump());
}

/// Opens a legacy session and shakes hands; the header line that names it, which is empty where the
/// server keeps no sessions.
inline std::string open_session(WireClient& client) {
    client.send(request_text("POST", "",
                             legacy_request(1, "initialize",
                                            {{"protocolVersion", "2025-11-25"},
                                             {"capabilities", nlohmann::json::object()},
                                             {"clientInfo", {{"name", "t"}, {"version", "1"}}}})
                                 .dump()));
    const std::string opened = client.read_answer();
    if (status_of(opened) != 200) {
        throw std::runtime_error("initialize was answered with " + opened);
    }
    const std::size_t at = opened.find("Mcp-Session-Id: ");
    const std::string session =
        at == std::string::npos ? "" : opened.substr(at, opened.find('\n', at) + 1 - at);
    client.send(request_text("POST", session + "MCP-Protocol-Version: 2025-11-25\r\n",
                             R"({"jsonrpc":"2.0","method":"notifications/initialized"})"));
    if (status_of(client.read_answer()) != 202) {
        throw std::runtime_error("notifications/initialized was not accepted");
    }
    return session;
}

/// The next JSON message of an event stream.
inline nlohmann::json read_event(WireClient& client) {
    client.read_until("data: {");
    return nlohmann::json::parse('{' + client.read_until("\n"));
}

}  // namespace rag::test

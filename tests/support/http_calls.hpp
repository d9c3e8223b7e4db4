#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace rag::test {

/// What came back for one HTTP request with a message.
struct HttpAnswer {
    int status = 0;
    std::string challenge;  ///< WWW-Authenticate
    std::string retry_after;
    nlohmann::json body;  ///< Discarded when it is no JSON.
};

/// Sends one request of the modern era, which needs no session. `token` may be empty.
inline HttpAnswer post_modern(const std::string& address, const std::string& token,
                              const std::string& method,
                              nlohmann::json params = nlohmann::json::object(),
                              const nlohmann::json& capabilities = nlohmann::json::object()) {
    httplib::Client client(address);
    client.set_read_timeout(30);
    httplib::Headers headers{{"Accept", "application/json, text/event-stream"},
                             {"MCP-Protocol-Version", "2026-07-28"},
                             {"Mcp-Method", method}};
    if (!token.empty()) {
        headers.emplace("Authorization", "Bearer " + token);
    }
    for (const char* name : {"name", "uri", "taskId"}) {
        if (params.contains(name)) {
            headers.emplace("Mcp-Name", params[name].get<std::string>());
        }
    }
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
    params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
    const nlohmann::json message = {
        {"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    const auto result = client.Post("/mcp", headers, message.dump(), "application/json");
    if (!result) {
        throw std::runtime_error("the server did not answer " + method);
    }
    std::string text = result->body;
    if (const std::size_t last = text.rfind("data: {"); last != std::string::npos) {
        text = text.substr(last + 6, text.find('\n', last) - last - 6);
    }
    return {result->status, result->get_header_value("WWW-Authenticate"),
            result->get_header_value("Retry-After"),
            nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false)};
}

inline HttpAnswer call_modern(const std::string& address, const std::string& token,
                              const std::string& tool,
                              nlohmann::json arguments = nlohmann::json::object()) {
    return post_modern(address, token, "tools/call",
                       {{"name", tool}, {"arguments", std::move(arguments)}});
}

}  // namespace rag::test

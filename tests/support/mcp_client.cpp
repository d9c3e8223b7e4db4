#include "support/mcp_client.hpp"

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace rag::test {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds answer_timeout{180};
constexpr const char* version_legacy = "2025-11-25";
constexpr const char* version_modern = "2026-07-28";

json add_modern_envelope(json params) {
    json& meta = params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = version_modern;
    meta["io.modelcontextprotocol/clientCapabilities"] = json::object();
    meta["io.modelcontextprotocol/clientInfo"] = {{"name", "scenario"}, {"version", "1"}};
    return params;
}

json make_request(int id, const std::string& method, json params, Wire wire) {
    if (params.is_null()) {
        params = json::object();
    }
    if (wire == Wire::modern) {
        params = add_modern_envelope(std::move(params));
    }
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
}

json initialize_params() {
    return {{"protocolVersion", version_legacy},
            {"capabilities", json::object()},
            {"clientInfo", {{"name", "scenario"}, {"version", "1"}}}};
}

json initialized_notification() {
    return {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}};
}

/// The JSON messages of a text/event-stream body.
std::vector<json> read_events(const std::string& body) {
    std::vector<json> messages;
    std::size_t at = 0;
    while (at < body.size()) {
        std::size_t end = body.find('\n', at);
        end = end == std::string::npos ? body.size() : end;
        const std::string line = body.substr(at, end - at);
        if (line.starts_with("data: ") && line.size() > 6) {
            messages.push_back(json::parse(line.substr(6)));
        }
        at = end + 1;
    }
    return messages;
}

class StdioClient final : public McpClient {
public:
    StdioClient(Process& server, Wire wire) : server_(server), wire_(wire) {
        if (wire_ == Wire::legacy) {
            const json answer = request("initialize", initialize_params());
            if (!answer.contains("result")) {
                throw std::runtime_error("initialize failed: " + answer.dump());
            }
            server_.write(initialized_notification().dump() + '\n');
        }
    }

    json request(const std::string& method, json params) override {
        const int id = ++last_id_;
        server_.write(make_request(id, method, std::move(params), wire_).dump() + '\n');
        for (;;) {
            const auto line = server_.read_line(answer_timeout);
            if (!line) {
                throw std::runtime_error("the server closed its output before it answered " +
                                         method);
            }
            json message = json::parse(*line);
            if (message.contains("method")) {
                notifications_.push_back(std::move(message));
            } else if (message.value("id", json()) == id) {
                return message;
            }
        }
    }

    std::vector<json> take_notifications() override { return std::exchange(notifications_, {}); }

private:
    Process& server_;
    const Wire wire_;
    int last_id_ = 0;
    std::vector<json> notifications_;
};

class HttpMcpClient final : public McpClient {
public:
    HttpMcpClient(const std::string& address, Wire wire, const std::string& token)
        : client_(address), wire_(wire) {
        client_.set_read_timeout(answer_timeout);
        client_.set_keep_alive(true);
        client_.set_tcp_nodelay(true);
        if (!token.empty()) {
            headers_.emplace("Authorization", "Bearer " + token);
        }
        if (wire_ == Wire::legacy) {
            open_session();
        }
    }

    json request(const std::string& method, json params) override {
        const int id = ++last_id_;
        const json message = make_request(id, method, std::move(params), wire_);
        const httplib::Result answer = post(message);
        for (json& received : read_body(answer->get_header_value("Content-Type"), answer->body)) {
            if (received.contains("method")) {
                notifications_.push_back(std::move(received));
            } else {
                return received;
            }
        }
        throw std::runtime_error(method + " was answered with status " +
                                 std::to_string(answer->status) + " and no message");
    }

    std::vector<json> take_notifications() override { return std::exchange(notifications_, {}); }

private:
    void open_session() {
        const json message = make_request(++last_id_, "initialize", initialize_params(), wire_);
        const httplib::Result answer = post(message);
        if (answer->status != 200) {
            throw std::runtime_error("initialize was answered with status " +
                                     std::to_string(answer->status) + ": " + answer->body);
        }
        const std::string session = answer->get_header_value("Mcp-Session-Id");
        if (!session.empty()) {
            headers_.emplace("Mcp-Session-Id", session);
        }
        headers_.emplace("MCP-Protocol-Version", version_legacy);
        post(initialized_notification());
    }

    httplib::Result post(const json& message) {
        httplib::Headers headers = headers_;
        headers.emplace("Accept", "application/json, text/event-stream");
        if (wire_ == Wire::modern) {
            headers.emplace("MCP-Protocol-Version", version_modern);
            headers.emplace("Mcp-Method", message["method"].get<std::string>());
            for (const char* key : {"name", "uri", "taskId"}) {
                const json& params = message["params"];
                if (params.contains(key) && params[key].is_string()) {
                    headers.emplace("Mcp-Name", params[key].get<std::string>());
                    break;
                }
            }
        }
        httplib::Result answer = client_.Post("/mcp", headers, message.dump(), "application/json");
        if (!answer) {
            throw std::runtime_error("POST /mcp got no answer: " +
                                     httplib::to_string(answer.error()));
        }
        return answer;
    }

    static std::vector<json> read_body(const std::string& type, const std::string& body) {
        if (type.starts_with("text/event-stream")) {
            return read_events(body);
        }
        return body.empty() ? std::vector<json>{} : std::vector<json>{json::parse(body)};
    }

    httplib::Client client_;
    const Wire wire_;
    httplib::Headers headers_;
    int last_id_ = 0;
    std::vector<json> notifications_;
};

/// HTTP+SSE: a thread of its own reads the stream, requests are posted beside it.
class SseClient final : public McpClient {
public:
    explicit SseClient(const std::string& address) : stream_(address), poster_(address) {
        stream_.set_read_timeout(answer_timeout);
        poster_.set_read_timeout(answer_timeout);
        poster_.set_keep_alive(true);
        poster_.set_tcp_nodelay(true);
        reader_ = std::thread([this] { read_stream(); });
        try {
            wait_until([this] { return !endpoint_.empty() || ended_; });
            if (endpoint_.empty()) {
                throw std::runtime_error("GET /sse sent no endpoint event");
            }
            request("initialize", initialize_params());
            post(initialized_notification());
        } catch (...) {
            end();
            throw;
        }
    }

    ~SseClient() override { end(); }

    json request(const std::string& method, json params) override {
        const int id = ++last_id_;
        post(make_request(id, method, std::move(params), Wire::legacy));
        json answer;
        wait_until([&] {
            while (!messages_.empty()) {
                json message = std::move(messages_.front());
                messages_.pop_front();
                if (message.contains("method")) {
                    notifications_.push_back(std::move(message));
                } else if (message.value("id", json()) == id) {
                    answer = std::move(message);
                    return true;
                }
            }
            return ended_;
        });
        if (answer.is_null()) {
            throw std::runtime_error("the stream ended before " + method + " was answered");
        }
        return answer;
    }

    std::vector<json> take_notifications() override {
        const std::scoped_lock lock(mutex_);
        return std::exchange(notifications_, {});
    }

private:
    void end() {
        stream_.stop();
        if (reader_.joinable()) {
            reader_.join();
        }
    }

    void post(const json& message) {
        const auto answer = poster_.Post(endpoint_, message.dump(), "application/json");
        if (!answer || answer->status != 202) {
            throw std::runtime_error("POST " + endpoint_ + " was not accepted: " +
                                     (answer ? std::to_string(answer->status) + ' ' + answer->body
                                             : httplib::to_string(answer.error())));
        }
    }

    template <class Condition>
    void wait_until(Condition condition) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait_for(lock, answer_timeout, condition)) {
            throw std::runtime_error("nothing came over the stream in time");
        }
    }

    void read_stream() {
        stream_.Get("/sse", {{"Accept", "text/event-stream"}},
                    [this](const char* data, std::size_t size) {
                        buffer_.append(data, size);
                        take_events();
                        return true;
                    });
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        wake_.notify_all();
    }

    void take_events() {
        for (std::size_t end = buffer_.find("\n\n"); end != std::string::npos;
             end = buffer_.find("\n\n")) {
            const std::string event = buffer_.substr(0, end + 1);
            buffer_.erase(0, end + 2);
            const std::scoped_lock lock(mutex_);
            const std::size_t data = event.find("data: ");
            if (event.starts_with("event: endpoint")) {
                endpoint_ = event.substr(data + 6, event.find('\n', data) - data - 6);
            } else if (data != std::string::npos) {
                for (json& message : read_events(event)) {
                    messages_.push_back(std::move(message));
                }
            }
            wake_.notify_all();
        }
    }

    httplib::Client stream_;
    httplib::Client poster_;
    int last_id_ = 0;
    std::string buffer_;  // Of the reader thread only.

    // Guarded by mutex_.
    std::mutex mutex_;
    std::condition_variable wake_;
    std::string endpoint_;
    std::deque<json> messages_;
    std::vector<json> notifications_;
    bool ended_ = false;

    std::thread reader_;
};

}  // namespace

std::unique_ptr<McpClient> connect_stdio(Process& server, Wire wire) {
    return std::make_unique<StdioClient>(server, wire);
}

std::unique_ptr<McpClient> connect_http(const std::string& address, Wire wire,
                                        const std::string& token) {
    return std::make_unique<HttpMcpClient>(address, wire, token);
}

std::unique_ptr<McpClient> connect_sse(const std::string& address) {
    return std::make_unique<SseClient>(address);
}

}  // namespace rag::test

#pragma once

#include "support/token_issuer.hpp"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rag::test {

/// An authorization server on loopback, as far as a resource server sees one: its metadata and its
/// keys. Safe for concurrent use.
class LoopbackIssuer {
public:
    LoopbackIssuer() {
        server_.Get("/.well-known/oauth-authorization-server",
                    [this](const httplib::Request&, httplib::Response& response) {
                        const Json body = {{"issuer", url()}, {"jwks_uri", url() + "/jwks"}};
                        response.set_content(body.dump(), "application/json");
                    });
        server_.Get("/jwks", [this](const httplib::Request&, httplib::Response& response) {
            ++asked_for_keys_;
            const std::scoped_lock lock(mutex_);
            response.set_content(Json{{"keys", keys_}}.dump(), "application/json");
        });
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) {
            std::this_thread::yield();
        }
    }
    ~LoopbackIssuer() {
        server_.stop();
        thread_.join();
    }
    LoopbackIssuer(const LoopbackIssuer&) = delete;
    LoopbackIssuer& operator=(const LoopbackIssuer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    int asked_for_keys() const { return asked_for_keys_; }

    void publish(std::vector<Json> keys) {
        const std::scoped_lock lock(mutex_);
        keys_ = std::move(keys);
    }

    /// Claims that are good for an hour for whoever is called `audience`. `changes` replace them;
    /// null takes one out.
    Json claims(const std::string& audience, const Json& changes = Json::object()) const {
        Json all = {{"iss", url()},        {"aud", audience}, {"sub", "ann"},
                    {"scope", "mcp:read"}, {"iat", now()},    {"exp", now() + 3600}};
        for (const auto& [name, value] : changes.items()) {
            if (value.is_null()) {
                all.erase(name);
            } else {
                all[name] = value;
            }
        }
        return all;
    }

    static std::int64_t now() {
        return std::chrono::duration_cast<std::chrono::seconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    }

private:
    httplib::Server server_;
    int port_ = 0;
    std::atomic<int> asked_for_keys_{0};
    std::mutex mutex_;
    std::vector<Json> keys_;
    std::thread thread_;
};

}  // namespace rag::test

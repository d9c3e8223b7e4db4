#pragma once

#include <httplib.h>
#include <sys/socket.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace rag::test {

/// A site on loopback, at a port of the system's choice. Notes what it was asked for.
class Site final {
public:
    Site() {
        server.set_tcp_nodelay(true);
        server.set_keep_alive_timeout(1);
        server.set_pre_routing_handler([this](const auto& request, auto&) {
            const std::scoped_lock lock(mutex_);
            ++asked_[request.path];
            return httplib::Server::HandlerResponse::Unhandled;
        });
        port_ = server.bind_to_any_port("127.0.0.1");
    }
    ~Site() { server.stop(); }
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// After all pages are set.
    void start() {
        thread_ = std::jthread([this] { server.listen_after_bind(); });
        while (!server.is_running()) {
            std::this_thread::yield();
        }
    }
    void page(const std::string& path, const std::string& body,
              const std::string& type = "text/html; charset=utf-8") {
        server.Get(path, [body, type](const auto&, auto& response) {
            response.set_content(body, type.c_str());
        });
    }

    int port() const { return port_; }
    std::string authority(const std::string& host = "127.0.0.1") const {
        return host + ':' + std::to_string(port_);
    }
    std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
        return "http://" + authority(host) + path;
    }
    int asked_for(const std::string& path) {
        const std::scoped_lock lock(mutex_);
        return asked_[path];
    }

    httplib::Server server;

private:
    std::mutex mutex_;
    std::map<std::string, int> asked_;
    int port_ = 0;
    std::jthread thread_;
};

}  // namespace rag::test

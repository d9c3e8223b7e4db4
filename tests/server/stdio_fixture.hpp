#pragma once

#include "base/clock.hpp"
#include "mcp/dispatcher.hpp"
#include "server/stdio.hpp"
#include "support/fake_registry.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>

namespace rag::test {

/// A server on two pipes, and the client's ends of them.
class StdioServer {
public:
    explicit StdioServer(server::StdioOptions options = {})
        : options_(options),
          dispatcher_(offer.registry, fake_card(), "secret", changes, clock_, ids_) {
        REQUIRE(pipe(to_server_) == 0);
        REQUIRE(pipe(from_server_) == 0);
        thread_ = std::thread([this] {
            server::Stdio stdio(dispatcher_, {}, calls_, jobs_, options_);
            stdio.serve(to_server_[0], from_server_[1], stop_.get_token());
            close(from_server_[1]);
        });
    }
    ~StdioServer() {
        end_input();
        offer.door.open();
        thread_.join();
        close(to_server_[0]);
        close(from_server_[0]);
    }

    void send(const Json& message) { send_text(message.dump() + '\n'); }
    void send_text(const std::string& text) {
        REQUIRE(write(to_server_[1], text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
    }
    /// The next message; null at the end of the output.
    Json receive() {
        for (;;) {
            if (const std::size_t end = buffer_.find('\n'); end != std::string::npos) {
                Json message = Json::parse(buffer_.substr(0, end));
                buffer_.erase(0, end + 1);
                return message;
            }
            pollfd ready = {from_server_[0], POLLIN, 0};
            REQUIRE(poll(&ready, 1, 10'000) == 1);
            char bytes[4096];
            const ssize_t got = read(from_server_[0], bytes, sizeof bytes);
            if (got <= 0) {
                return nullptr;
            }
            buffer_.append(bytes, static_cast<std::size_t>(got));
        }
    }
    Json ask(const Json& message) {
        send(message);
        return receive();
    }
    void end_input() {
        if (to_server_[1] >= 0) {
            close(to_server_[1]);
            to_server_[1] = -1;
        }
    }
    void stop() { stop_.request_stop(); }

    FakeOffer offer;
    mcp::ChangeHub changes;

private:
    server::StdioOptions options_;
    SystemClock clock_;
    RandomIds ids_;
    mcp::Dispatcher dispatcher_;
    Workers calls_{"call", 2, 8};
    Workers jobs_{"job", 2, 8};
    std::stop_source stop_;
    int to_server_[2] = {-1, -1};
    int from_server_[2] = {-1, -1};
    std::string buffer_;
    std::thread thread_;
};

}  // namespace rag::test

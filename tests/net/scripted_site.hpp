#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rag::testing {

/// A server on loopback that writes to the letter what a test gives it, one connection after the
/// other: for answers that no server library would write.
class ScriptedSite final {
public:
    /// What to write for the n-th request of all, from 0. An empty text closes without an answer.
    using Script = std::function<std::string(std::size_t request)>;

    explicit ScriptedSite(Script script);
    ~ScriptedSite();
    ScriptedSite(const ScriptedSite&) = delete;
    ScriptedSite& operator=(const ScriptedSite&) = delete;

    std::string url(const std::string& path = "/") const;
    std::string authority() const;
    std::size_t connections() const { return connections_; }
    /// Connections that the client has closed.
    std::size_t closed() const { return closed_; }
    std::vector<std::string> requests() const;  ///< Their header sections.

private:
    void serve();
    void serve_connection(int connection);

    const Script script_;
    int listener_ = -1;
    int port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::atomic<std::size_t> connections_ = 0;
    std::atomic<std::size_t> closed_ = 0;
    std::atomic<int> current_ = -1;
    std::atomic<bool> over_ = false;
    std::jthread thread_;  ///< Last: it uses all of the above.
};

/// "HTTP/1.1 200 OK" with the body and its length.
std::string answer_of(const std::string& body);

}  // namespace rag::testing

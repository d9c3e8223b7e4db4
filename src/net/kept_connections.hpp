#pragma once

#include "rag/clock.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace rag::net {

class Connection;

/// Connections that wait for their next request, each known by what it may be used for. Safe for
/// concurrent use. Owns a thread from the first one that is kept on, which closes those that waited
/// too long.
class KeptConnections final {
public:
    explicit KeptConnections(std::chrono::milliseconds idle_max);
    ~KeptConnections();
    KeptConnections(const KeptConnections&) = delete;
    KeptConnections& operator=(const KeptConnections&) = delete;

    /// The one that was used last, now the caller's; null without one that can be used.
    std::unique_ptr<Connection> take(const std::string& key);
    /// Closes the one that waited longest when there are too many.
    void keep(const std::string& key, std::unique_ptr<Connection> connection);

private:
    struct Kept {
        std::string key;
        std::unique_ptr<Connection> connection;
        SteadyTime since;
    };

    std::unique_ptr<Connection> find(const std::string& key);
    void close_idle(const std::stop_token& stop);

    const std::chrono::milliseconds idle_max_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Kept> kept_;  ///< Those that waited longest first.
    std::jthread closer_;    ///< Last: it uses all of the above.
};

}  // namespace rag::net

#pragma once

#include "rag/clock.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace rag::net {

enum class Verdict { in_time, stopped, late, headers_too_long };

/// Ends a connection from outside when its time is over, its caller stops or its header section
/// does not end: shutting the socket down wakes whatever read, handshake or connect it is in. Owns
/// one thread for as long as it lives.
class Watchdog final {
public:
    Watchdog(std::stop_token stop, SteadyTime deadline);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Takes its own duplicate of the socket, so that it can never hit a descriptor that was closed
    /// and given away again.
    void watch(int socket);
    /// From here on only time and stop count.
    void headers_arrived();
    Verdict verdict() const;

private:
    void run();
    Verdict judge() const;

    const std::stop_token stop_;
    const SteadyTime deadline_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    int socket_ = -1;
    std::uint64_t received_before_ = 0;  ///< By requests that the connection served before.
    bool headers_done_ = false;
    bool over_ = false;
    Verdict verdict_ = Verdict::in_time;
    std::jthread thread_;  ///< Last: it uses all of the above.
};

}  // namespace rag::net

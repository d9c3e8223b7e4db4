#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace rag::test {

/// Passes bytes on between loopback and a server, until it is shut: the network between two
/// machines, which a test can cut, or make as far as another continent.
class TcpRelay {
public:
    /// `address` is a URL whose host is 127.0.0.1, such as postgresql://user@127.0.0.1:5432/name.
    /// What is sent arrives `one_way` later, and in its order; a connection is made at once.
    explicit TcpRelay(const std::string& address,
                      std::chrono::milliseconds one_way = std::chrono::milliseconds{0});
    ~TcpRelay();
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    /// The same URL through the relay.
    const std::string& address() const { return address_; }
    /// Ends all connections and refuses new ones.
    void shut();
    /// Takes connections again, at the same address. REQUIRES: shut() has returned.
    void open();

private:
    using Clock = std::chrono::steady_clock;

    /// Bytes under way in one direction.
    struct Piece {
        Clock::time_point due;
        std::string bytes;
    };
    struct Pair {
        int client = -1;
        int server = -1;
        std::deque<Piece> up;
        std::deque<Piece> down;
    };

    void run();
    void accept();
    int wait_ms() const;
    bool take(int from, std::deque<Piece>& way) const;
    static bool deliver(std::deque<Piece>& way, int to);
    static void close(Pair& pair);

    const std::chrono::milliseconds one_way_;
    std::string address_;
    std::uint16_t port_ = 0;
    std::uint16_t server_port_ = 0;
    int listener_ = -1;
    std::vector<Pair> pairs_;  ///< Of the thread's alone while it runs.
    std::atomic<bool> over_{false};
    std::thread thread_;  ///< Runs while the relay is open.
};

}  // namespace rag::test

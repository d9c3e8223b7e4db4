#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace rag::test {

/// Passes bytes on between loopback and a server, until it is shut: the network between two
/// machines, which a test can cut.
class TcpRelay {
public:
    /// `address` is a URL whose host is 127.0.0.1, such as postgresql://user@127.0.0.1:5432/name.
    explicit TcpRelay(const std::string& address);
    ~TcpRelay();
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    /// The same URL through the relay.
    const std::string& address() const { return address_; }
    /// Ends all connections and refuses new ones.
    void shut();
    /// Takes connections again, at the same address.
    void open();

private:
    struct Pair {
        int client = -1;
        int server = -1;
    };

    void run();
    void accept();
    static bool pass_on(int from, int to);
    static void close(Pair& pair);

    std::string address_;
    std::uint16_t port_ = 0;
    std::uint16_t server_port_ = 0;
    int listener_ = -1;
    std::vector<Pair> pairs_;  ///< Of the thread's alone while it runs.
    std::atomic<bool> over_{false};
    std::thread thread_;  ///< Runs while the relay is open.
};

}  // namespace rag::test

#pragma once

#include "base/descriptor.hpp"
#include "net/guarded_lookup.hpp"
#include "rag/clock.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace rag::browser {

struct ProxyOptions {
    std::size_t connections_max = 64;           ///< More are refused. Chromium opens 32.
    std::int64_t bytes_max = 64 * 1024 * 1024;  ///< Both ways together; then all connections end.
    SteadyTime deadline = SteadyTime::max();    ///< No connection lasts longer.
};

/// The one way from a page to the network: an HTTP proxy on 127.0.0.1, at a port of the system's
/// choice, for as long as the object lives. Names are looked up here, once for each connection, and
/// what is not public is refused as for every other fetch of this program. A connection leads to
/// one checked address. Serves processes of this user alone. Owns its threads, one for each
/// connection; the destructor ends and joins them.
class GuardedProxy final {
public:
    /// `lookup` must outlive this. Throws Error{unavailable} where no port can be had.
    GuardedProxy(net::GuardedLookup& lookup, ProxyOptions options);
    ~GuardedProxy();
    GuardedProxy(const GuardedProxy&) = delete;
    GuardedProxy& operator=(const GuardedProxy&) = delete;

    std::uint16_t port() const { return port_; }
    /// Passed on so far, both ways.
    std::int64_t bytes() const { return bytes_.load(); }
    bool is_exhausted() const { return bytes() >= options_.bytes_max; }
    /// Why hosts were refused, the first few of them.
    std::vector<std::string> refusals() const;

private:
    struct Connection {
        std::atomic<bool> done = false;
        std::jthread thread;
    };

    void accept_all();
    void admit(Descriptor client);
    void serve(const Descriptor& client);
    Descriptor connect(const Url& url);
    void note_refusal(const std::string& sentence);

    net::GuardedLookup& lookup_;
    const ProxyOptions options_;
    Descriptor listener_;
    Descriptor over_;  ///< An eventfd; readable from the moment that everything is to end.
    std::stop_source stop_;
    std::uint16_t port_ = 0;
    std::atomic<std::int64_t> bytes_ = 0;
    mutable std::mutex refusals_mutex_;
    std::vector<std::string> refusals_;
    std::list<Connection> connections_;  ///< Touched by the accepting thread alone, until the end.
    std::jthread accepting_;             ///< Last: it uses all of the above.
};

}  // namespace rag::browser

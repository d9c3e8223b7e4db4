#pragma once

#include "base/url.hpp"
#include "net/address_guard.hpp"
#include "net/httplib.hpp"
#include "net/watchdog.hpp"
#include "rag/clock.hpp"

#include <chrono>
#include <memory>

namespace rag::net {

/// A connection to one checked address of a host, for one request after the other. Whatever the
/// name means later, it leads there. Used by one thread at a time.
class Connection final {
public:
    enum class Use { once, again };

    /// Connects with the first request. With `once` the server is told to close after it.
    Connection(const Url& url, const IpAddress& address, Use use);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// As httplib::Client::send, until the deadline. The watchdog may end it from outside.
    httplib::Result send(const httplib::Request& request, Watchdog& watchdog, SteadyTime deadline);

    /// Whether another request may go this way: the last answer came to its end, the server neither
    /// closed nor wrote something unasked, and the connection is not too old.
    bool is_ready() const;

private:
    /// What the connection's stream notes beside the library.
    struct Notes {
        bool surplus = false;  ///< Bytes came after an answer's end.
    };
    template <class Base>
    class Client;

    Notes notes_;
    std::unique_ptr<httplib::ClientImpl> client_;
    const SteadyTime opened_at_;
};

}  // namespace rag::net

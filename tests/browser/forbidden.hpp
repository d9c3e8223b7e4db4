#pragma once

#include "base/descriptor.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string>

namespace rag::test {

/// A port on loopback that nobody may reach, over TCP or UDP, and that knows whether anybody did.
class ForbiddenPort final {
public:
    ForbiddenPort() : stream_(open(SOCK_STREAM, 0)), datagrams_(open(SOCK_DGRAM, port_)) {
        if (::listen(stream_.get(), 16) != 0) {
            throw std::runtime_error("no port could be listened at");
        }
    }

    int port() const { return port_; }
    std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
    /// A connection that waits to be accepted counts.
    bool was_reached_by_tcp() const { return is_readable(stream_); }
    bool was_reached_by_udp() const { return is_readable(datagrams_); }

private:
    Descriptor open(int kind, int port) {
        Descriptor socket(::socket(AF_INET, kind | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        socklen_t size = sizeof address;
        if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            throw std::runtime_error("no port could be had");
        }
        port_ = ntohs(address.sin_port);
        return socket;
    }
    static bool is_readable(const Descriptor& socket) {
        pollfd entry{socket.get(), POLLIN, 0};
        return ::poll(&entry, 1, 0) > 0;
    }

    int port_ = 0;
    Descriptor stream_;
    Descriptor datagrams_;
};

}  // namespace rag::test

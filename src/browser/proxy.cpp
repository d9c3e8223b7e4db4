#include "browser/proxy.hpp"

#include "base/log.hpp"
#include "browser/peer.hpp"
#include "browser/proxy_request.hpp"
#include "browser/wire.hpp"
#include "rag/error.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rag::browser {
namespace {

constexpr std::size_t request_head_bytes_max = 64 * 1024;
constexpr std::size_t answer_head_bytes_max = 256 * 1024;
constexpr int interim_answers_max = 10;
constexpr std::size_t addresses_max = 4;
constexpr std::chrono::seconds connect_time{10};
constexpr std::size_t refusals_max = 16;

Error no_port() {
    return {ErrorCode::unavailable, "The proxy of the browser got no port from the system."};
}

std::string answer(const char* status, const std::string& sentence) {
    return std::string("HTTP/1.1 ") + status +
           "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
           std::to_string(sentence.size()) + "\r\nConnection: close\r\n\r\n" + sentence;
}

std::pair<sockaddr_storage, socklen_t> socket_address(const net::IpAddress& address,
                                                      std::uint16_t port) {
    sockaddr_storage out{};
    if (address.is_v6) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&v6.sin6_addr, address.bytes.data(), sizeof v6.sin6_addr);
        std::memcpy(&out, &v6, sizeof v6);
        return {out, sizeof v6};
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes.data(), sizeof v4.sin_addr);
    std::memcpy(&out, &v4, sizeof v4);
    return {out, sizeof v4};
}

/// Not open when nothing accepts the connection there.
Descriptor connect_to(const net::IpAddress& address, std::uint16_t port, const WireLimits& limits) {
    const auto [target, size] = socket_address(address, port);
    Descriptor socket(::socket(target.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.is_open()) {
        return socket;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), size) == 0) {
        return socket;
    }
    int error = errno;
    if (error == EINPROGRESS && await(socket.get(), POLLOUT, limits)) {
        socklen_t error_size = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
    }
    return error == 0 ? std::move(socket) : Descriptor();
}

}  // namespace

GuardedProxy::GuardedProxy(net::GuardedLookup& lookup, ProxyOptions options)
    : lookup_(lookup),
      options_(options),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      over_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (!listener_.is_open() || !over_.is_open() ||
        ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), static_cast<int>(options_.connections_max)) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw no_port();
    }
    port_ = ntohs(address.sin_port);
    accepting_ = std::jthread([this] { accept_all(); });
}

GuardedProxy::~GuardedProxy() {
    stop_.request_stop();
    const std::uint64_t one = 1;
    // Cannot fail: an eventfd takes far more than one.
    [[maybe_unused]] const ssize_t written = ::write(over_.get(), &one, sizeof one);
    accepting_.join();
    connections_.clear();
}

std::vector<std::string> GuardedProxy::refusals() const {
    const std::scoped_lock lock(refusals_mutex_);
    return refusals_;
}

void GuardedProxy::accept_all() {
    WireLimits limits;
    limits.over = over_.get();
    limits.idle = std::chrono::hours{24};
    while (await(listener_.get(), POLLIN, limits)) {
        connections_.remove_if([](const Connection& one) { return one.done.load(); });
        Descriptor client(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (client.is_open() && connections_.size() < options_.connections_max) {
            admit(std::move(client));
        }
    }
}

void GuardedProxy::admit(Descriptor client) {
    try {
        Connection& connection = connections_.emplace_back();
        connection.thread = std::jthread([this, &connection, socket = std::move(client)] {
            serve(socket);
            connection.done = true;
        });
    } catch (const std::exception& error) {
        connections_.pop_back();
        log::warn("the browser's proxy could not take a connection: {}", error.what());
    }
}

void GuardedProxy::serve(const Descriptor& client) {
    WireLimits limits;
    limits.over = over_.get();
    limits.deadline = options_.deadline;
    limits.bytes = &bytes_;
    limits.bytes_max = options_.bytes_max;
    std::string buffer;
    const auto head = read_head(client.get(), buffer, request_head_bytes_max, limits);
    if (!head || !is_of_this_user(client.get())) {
        return;
    }
    try {
        const ProxyRequest request = read_proxy_request(*head);
        const Descriptor origin = connect(request.url);
        if (request.is_tunnel) {
            if (send_all(client.get(), "HTTP/1.1 200 Connection established\r\n\r\n", limits) &&
                send_all(origin.get(), buffer, limits)) {
                move_both_ways(client.get(), origin.get(), limits);
            }
            return;
        }
        if (!send_all(origin.get(), request.head, limits) ||
            !move_body(client.get(), origin.get(), buffer, request.body_bytes, limits)) {
            return;
        }
        std::string back;
        for (int heads = 0; heads <= interim_answers_max; ++heads) {
            const auto answered = read_head(origin.get(), back, answer_head_bytes_max, limits);
            if (!answered) {
                throw Error(ErrorCode::unavailable, "The server broke the connection off.");
            }
            const AnswerHead rewritten = rewrite_answer(*answered);
            if (!send_all(client.get(), rewritten.head, limits)) {
                return;
            }
            if (!rewritten.is_interim) {
                if (send_all(client.get(), back, limits)) {
                    move_answer(origin.get(), client.get(), limits);
                }
                return;
            }
        }
    } catch (const Error& error) {
        const bool refused = error.code() == ErrorCode::invalid_argument;
        if (refused) {
            note_refusal(error.message());
        }
        send_all(client.get(),
                 answer(refused ? "403 Forbidden" : "502 Bad Gateway", error.message()), limits);
    }
}

Descriptor GuardedProxy::connect(const Url& url) {
    WireLimits limits;
    limits.over = over_.get();
    limits.idle = connect_time;
    limits.deadline = options_.deadline;
    const auto now = std::chrono::steady_clock::now();
    const auto addresses =
        lookup_.addresses_of(url, Reach::public_only, stop_.get_token(),
                             std::min(options_.deadline, SteadyTime(now + connect_time)));
    for (std::size_t i = 0; i < std::min(addresses.size(), addresses_max); ++i) {
        Descriptor socket = connect_to(addresses[i], url.port, limits);
        if (socket.is_open()) {
            return socket;
        }
    }
    throw Error(ErrorCode::unavailable,
                url.authority() + " cannot be reached: nothing accepts the connection.");
}

void GuardedProxy::note_refusal(const std::string& sentence) {
    log::debug("the browser's proxy refused: {}", sentence);
    const std::scoped_lock lock(refusals_mutex_);
    if (refusals_.size() < refusals_max) {
        refusals_.push_back(sentence);
    }
}

}  // namespace rag::browser

#include "net/connection.hpp"

#include "net/answer_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <utility>

namespace rag::net {
namespace {

constexpr std::chrono::seconds connect_time{10};
/// A host that moves to another address is followed after so long.
constexpr std::chrono::seconds age_max{120};

}  // namespace

/// The library's client, plain or over TLS, with a stream of ours.
template <class Base>
class Connection::Client final : public Base {
public:
    Client(const std::string& host, int port, Notes& notes) : Base(host, port), notes_(notes) {}

private:
    bool process_socket(const typename Base::Socket& socket,
                        std::function<bool(httplib::Stream&)> callback) override {
        AnswerStream stream(socket.sock, socket.ssl);
        const bool answered = callback(stream);
        notes_.surplus = stream.has_surplus();
        return answered;
    }

    Notes& notes_;
};

Connection::Connection(const Url& url, const IpAddress& address, Use use)
    : opened_at_(std::chrono::steady_clock::now()) {
    if (url.scheme == "https") {
        client_ = std::make_unique<Client<httplib::SSLClient>>(url.host, url.port, notes_);
    } else {
        client_ = std::make_unique<Client<httplib::ClientImpl>>(url.host, url.port, notes_);
    }
    client_->set_hostname_addr_map({{url.host, address.text()}});
    client_->set_keep_alive(use == Use::again);
    client_->set_tcp_nodelay(true);
    client_->set_follow_location(false);
    client_->set_decompress(false);
    client_->set_url_encode(false);
}

Connection::~Connection() = default;

httplib::Result Connection::send(const httplib::Request& request, Watchdog& watchdog,
                                 SteadyTime deadline) {
    const auto left = std::max(std::chrono::milliseconds{1},
                               std::chrono::duration_cast<std::chrono::milliseconds>(
                                   deadline - std::chrono::steady_clock::now()));
    client_->set_connection_timeout(std::min<std::chrono::milliseconds>(left, connect_time));
    // For the handshake of TLS; everything else is the watchdog's.
    client_->set_read_timeout(left + std::chrono::seconds{1});
    client_->set_write_timeout(left + std::chrono::seconds{1});
    client_->set_socket_options([&watchdog](auto socket) { watchdog.watch(socket); });
    if (client_->socket() != INVALID_SOCKET) {
        watchdog.watch(client_->socket());
    }
    return client_->send(request);
}

bool Connection::is_ready() const {
    const socket_t socket = client_->socket();
    if (socket == INVALID_SOCKET || notes_.surplus ||
        std::chrono::steady_clock::now() - opened_at_ >= age_max) {
        return false;
    }
    std::array<char, 1> next{};
    const ssize_t count = ::recv(socket, next.data(), next.size(), MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace rag::net

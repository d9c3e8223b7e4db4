#include "support/tcp_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <regex>
#include <stdexcept>

namespace rag::test {
namespace {

constexpr int look_ms = 5;  ///< How often the thread looks whether it should end.

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

int make_socket() {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) {
        throw std::runtime_error("no socket could be made");
    }
    return made;
}

void send_at_once(int socket) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

TcpRelay::TcpRelay(const std::string& address, std::chrono::milliseconds one_way)
    : one_way_(one_way) {
    std::smatch parts;
    static const std::regex form("(.*127[.]0[.]0[.]1:)([0-9]+)(.*)");
    if (!std::regex_match(address, parts, form)) {
        throw std::runtime_error("the relay needs an address on 127.0.0.1");
    }
    server_port_ = static_cast<std::uint16_t>(std::stoi(parts[2]));
    open();
    address_ = parts[1].str() + std::to_string(port_) + parts[3].str();
}

TcpRelay::~TcpRelay() {
    shut();
}

void TcpRelay::open() {
    listener_ = make_socket();
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = loopback(port_);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the relay has no port");
    }
    port_ = ntohs(address.sin_port);
    over_ = false;
    thread_ = std::thread([this] { run(); });
}

void TcpRelay::shut() {
    over_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
}

void TcpRelay::run() {
    while (!over_) {
        std::vector<pollfd> waiting{{listener_, POLLIN, 0}};
        for (const Pair& pair : pairs_) {
            waiting.push_back({pair.client, POLLIN, 0});
            waiting.push_back({pair.server, POLLIN, 0});
        }
        ::poll(waiting.data(), waiting.size(), wait_ms());
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            Pair& pair = pairs_[i];
            const bool up = (waiting[1 + 2 * i].revents == 0 || take(pair.client, pair.up)) &&
                            deliver(pair.up, pair.server);
            const bool down = (waiting[2 + 2 * i].revents == 0 || take(pair.server, pair.down)) &&
                              deliver(pair.down, pair.client);
            if (!up || !down) {
                close(pair);
            }
        }
        std::erase_if(pairs_, [](const Pair& pair) { return pair.client < 0; });
        if (waiting[0].revents != 0) {
            accept();
        }
    }
    ::close(listener_);
    for (Pair& pair : pairs_) {
        close(pair);
    }
    pairs_.clear();
}

void TcpRelay::accept() {
    Pair pair;
    pair.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    pair.server = make_socket();
    sockaddr_in address = loopback(server_port_);
    if (pair.client < 0 ||
        ::connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        close(pair);
        return;
    }
    send_at_once(pair.client);
    send_at_once(pair.server);
    pairs_.push_back(std::move(pair));
}

/// Until the next piece is due, or something has to be looked at.
int TcpRelay::wait_ms() const {
    Clock::time_point next = Clock::now() + std::chrono::milliseconds(look_ms);
    for (const Pair& pair : pairs_) {
        for (const std::deque<Piece>* way : {&pair.up, &pair.down}) {
            if (!way->empty()) {
                next = std::min(next, way->front().due);
            }
        }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

/// False when the sender is gone.
bool TcpRelay::take(int from, std::deque<Piece>& way) const {
    std::string bytes(65536, '\0');
    const ssize_t got = ::recv(from, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
        return false;
    }
    bytes.resize(static_cast<std::size_t>(got));
    way.push_back({Clock::now() + one_way_, std::move(bytes)});
    return true;
}

/// Sends what is due; false when the receiver is gone.
bool TcpRelay::deliver(std::deque<Piece>& way, int to) {
    while (!way.empty() && way.front().due <= Clock::now()) {
        const std::string& bytes = way.front().bytes;
        for (std::size_t sent = 0; sent < bytes.size();) {
            const ssize_t more = ::send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (more <= 0) {
                return false;
            }
            sent += static_cast<std::size_t>(more);
        }
        way.pop_front();
    }
    return true;
}

void TcpRelay::close(Pair& pair) {
    for (int* socket : {&pair.client, &pair.server}) {
        if (*socket >= 0) {
            ::close(*socket);
            *socket = -1;
        }
    }
}

}  // namespace rag::test

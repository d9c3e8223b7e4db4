#include "net/watchdog.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rag::net {
namespace {

constexpr std::chrono::milliseconds look_every{50};
/// What a header section may take on the wire, with the TLS handshake and what is read ahead.
constexpr std::uint64_t header_bytes_max = 512 * 1024;

std::uint64_t received_bytes(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    return getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received
                                                                        : 0;
}

}  // namespace

Watchdog::Watchdog(std::stop_token stop, SteadyTime deadline)
    : stop_(std::move(stop)), deadline_(deadline), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
    {
        const std::scoped_lock lock(mutex_);
        over_ = true;
    }
    wake_.notify_all();
    thread_.join();
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

void Watchdog::watch(int socket) {
    const std::scoped_lock lock(mutex_);
    if (socket_ >= 0) {
        ::close(socket_);
    }
    socket_ = ::dup(socket);
    received_before_ = socket_ >= 0 ? received_bytes(socket_) : 0;
    if (verdict_ != Verdict::in_time && socket_ >= 0) {
        ::shutdown(socket_, SHUT_RDWR);
    }
}

void Watchdog::headers_arrived() {
    const std::scoped_lock lock(mutex_);
    headers_done_ = true;
}

Verdict Watchdog::verdict() const {
    const std::scoped_lock lock(mutex_);
    return verdict_;
}

Verdict Watchdog::judge() const {
    if (stop_.stop_requested()) {
        return Verdict::stopped;
    }
    if (std::chrono::steady_clock::now() >= deadline_) {
        return Verdict::late;
    }
    const bool endless = !headers_done_ && socket_ >= 0 &&
                         received_bytes(socket_) > received_before_ + header_bytes_max;
    return endless ? Verdict::headers_too_long : Verdict::in_time;
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!over_ && verdict_ == Verdict::in_time) {
        verdict_ = judge();
        if (verdict_ != Verdict::in_time) {
            break;
        }
        const auto next = std::min(deadline_, std::chrono::steady_clock::now() + look_every);
        wake_.wait_until(lock, stop_, next, [this] { return over_; });
    }
    // A connect that begins just now may miss one shutdown; it is repeated until the call is over.
    while (!over_) {
        if (socket_ >= 0) {
            ::shutdown(socket_, SHUT_RDWR);
        }
        wake_.wait_for(lock, look_every, [this] { return over_; });
    }
}

}  // namespace rag::net

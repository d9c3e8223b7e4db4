#include "browser/wire.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace rag::browser {
namespace {

constexpr std::size_t piece_bytes = 32 * 1024;

using Piece = std::array<char, piece_bytes>;

/// Until the limits' end, at most the idle time; 0 when it has come.
int wait_ms(const WireLimits& limits) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        limits.deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, limits.idle).count());
}

/// False when nothing happened in time, or everything is to end.
bool await_any(std::span<pollfd> all, const WireLimits& limits) {
    all.back() = {limits.over, POLLIN, 0};
    for (;;) {
        const int ready = ::poll(all.data(), all.size(), wait_ms(limits));
        if (ready > 0) {
            return all.back().revents == 0;
        }
        if (ready == 0 || errno != EINTR) {
            return false;
        }
    }
}

/// Bytes got; 0 at the other side's end; null when there is nothing now. An error is an end.
std::optional<std::size_t> receive(int socket, std::span<char> space) {
    const ssize_t got = ::recv(socket, space.data(), space.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return std::nullopt;
    }
    return got < 0 ? 0 : static_cast<std::size_t>(got);
}

bool count(std::size_t bytes, const WireLimits& limits) {
    return limits.bytes == nullptr || limits.bytes->fetch_add(static_cast<std::int64_t>(bytes)) +
                                              static_cast<std::int64_t>(bytes) <=
                                          limits.bytes_max;
}

/// One direction of a tunnel.
struct Lane {
    int from = -1;
    int to = -1;
    Piece piece{};
    std::size_t begin = 0;
    std::size_t end = 0;
    bool over = false;  ///< `from` has ended and all of it was passed on.

    short wanted_of_from() const { return !over && begin == end ? POLLIN : 0; }
    short wanted_of_to() const { return begin < end ? POLLOUT : 0; }

    /// False when the tunnel must end.
    bool step(const WireLimits& limits) {
        if (over) {
            return true;
        }
        if (begin == end) {
            const auto got = receive(from, piece);
            if (!got) {
                return true;
            }
            begin = 0;
            end = *got;
            if (end == 0) {
                over = true;
                ::shutdown(to, SHUT_WR);
                return true;
            }
            if (!count(end, limits)) {
                return false;
            }
        }
        const ssize_t sent = ::send(to, piece.data() + begin, end - begin, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        }
        begin += static_cast<std::size_t>(sent);
        return true;
    }
};

}  // namespace

bool await(int descriptor, short events, const WireLimits& limits) {
    std::array<pollfd, 2> all{};
    all[0] = {descriptor, events, 0};
    return await_any(all, limits);
}

bool send_all(int socket, std::string_view bytes, const WireLimits& limits) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            if (!count(static_cast<std::size_t>(sent), limits)) {
                return false;
            }
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!await(socket, POLLOUT, limits)) {
                return false;
            }
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

std::optional<std::string> read_head(int socket, std::string& buffer, std::size_t head_bytes_max,
                                     const WireLimits& limits) {
    constexpr std::string_view end_mark = "\r\n\r\n";
    Piece piece;
    for (std::size_t seen = 0;;) {
        const std::size_t end = buffer.find(end_mark, seen);
        if (end != std::string::npos) {
            std::string head = buffer.substr(0, end + end_mark.size());
            buffer.erase(0, head.size());
            return head;
        }
        if (buffer.size() > head_bytes_max || !await(socket, POLLIN, limits)) {
            return std::nullopt;
        }
        seen = buffer.size() < end_mark.size() ? 0 : buffer.size() - end_mark.size();
        const auto got = receive(socket, piece);
        if (got && (*got == 0 || !count(*got, limits))) {
            return std::nullopt;
        }
        buffer.append(piece.data(), got.value_or(0));
    }
}

bool move_body(int from, int to, std::string& buffer, std::int64_t count,
               const WireLimits& limits) {
    Piece piece;
    while (count > 0) {
        if (buffer.empty()) {
            if (!await(from, POLLIN, limits)) {
                return false;
            }
            const auto got = receive(from, piece);
            if (got && *got == 0) {
                return false;
            }
            buffer.assign(piece.data(), got.value_or(0));
        }
        const auto part = std::min<std::int64_t>(count, static_cast<std::int64_t>(buffer.size()));
        const auto size = static_cast<std::size_t>(part);
        if (!send_all(to, std::string_view(buffer).substr(0, size), limits)) {
            return false;
        }
        buffer.erase(0, size);
        count -= part;
    }
    return true;
}

void move_answer(int origin, int browser, const WireLimits& limits) {
    Piece piece;
    for (;;) {
        std::array<pollfd, 3> all{};
        all[0] = {origin, POLLIN, 0};
        all[1] = {browser, POLLRDHUP, 0};
        if (!await_any(all, limits) || all[1].revents != 0) {
            return;
        }
        const auto got = receive(origin, piece);
        if ((got && *got == 0) ||
            !send_all(browser, std::string_view(piece.data(), got.value_or(0)), limits)) {
            return;
        }
    }
}

void move_both_ways(int one, int other, const WireLimits& limits) {
    Lane there{.from = one, .to = other};
    Lane back{.from = other, .to = one};
    while (!there.over || !back.over) {
        std::array<pollfd, 3> all{};
        const auto events = [](int a, int b) { return static_cast<short>(a | b); };
        all[0] = {one, events(there.wanted_of_from(), back.wanted_of_to()), 0};
        all[1] = {other, events(back.wanted_of_from(), there.wanted_of_to()), 0};
        // poll reports a broken socket even when nothing is asked of it; one that nothing is
        // expected of any more would wake this loop without end.
        for (pollfd& entry : all) {
            entry.fd = entry.events == 0 ? -1 : entry.fd;
        }
        if (!await_any(all, limits) || !there.step(limits) || !back.step(limits)) {
            return;
        }
    }
}

}  // namespace rag::browser

#pragma once

#include "rag/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rag::browser {

/// Until when bytes are moved, and how many.
struct WireLimits {
    int over = -1;  ///< A descriptor that becomes readable when everything is to end.
    SteadyTime deadline = SteadyTime::max();
    std::chrono::milliseconds idle{30'000};      ///< Without a byte in either direction.
    std::atomic<std::int64_t>* bytes = nullptr;  ///< Counts what is moved.
    std::int64_t bytes_max = 0;
};

/// Whether the descriptor becomes ready for the events of poll(2) within the limits.
bool await(int descriptor, short events, const WireLimits& limits);

/// False when the other side is gone or a limit is reached. Sockets are non-blocking.
bool send_all(int socket, std::string_view bytes, const WireLimits& limits);

/// Reads into `buffer` until it holds a head with its blank line, which is cut off its front and
/// returned. Null when the other side ends, a limit is reached or the head is too long.
std::optional<std::string> read_head(int socket, std::string& buffer, std::size_t head_bytes_max,
                                     const WireLimits& limits);

/// Moves exactly that many bytes of a body, those in `buffer` first. False when that fails.
bool move_body(int from, int to, std::string& buffer, std::int64_t count, const WireLimits& limits);

/// Moves bytes until the origin has ended, the browser has gone, or a limit is reached.
void move_answer(int origin, int browser, const WireLimits& limits);

/// Moves bytes both ways until both sides have ended, or a limit is reached.
void move_both_ways(int one, int other, const WireLimits& limits);

}  // namespace rag::browser

#pragma once

#include "rag/clock.hpp"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace rag::browser {

/// A way to speak to a browser: whole messages of its protocol, both ways. One thread makes it,
/// receives and destroys it, because a child process dies with the thread that made it.
class Transport {
public:
    using OnMessage = std::function<void(std::string_view text)>;

    virtual ~Transport() = default;

    /// Waits for at most `time`, or until `wake`, and hands over what has come. Throws
    /// Error{unavailable} with the reason once nothing more can come.
    virtual void receive(std::chrono::milliseconds time, const OnMessage& on_message) = 0;

    /// By any thread, one at a time. Throws Error{unavailable}, also when `over` is requested, and
    /// Error{deadline_exceeded}; then half a message may be sent, and nothing can be after it.
    virtual void send(std::string message, const std::stop_token& over, SteadyTime deadline) = 0;

    /// By any thread: ends the wait of `receive`.
    virtual void wake() = 0;

    /// Looked at while the browser is used: why it must be ended, empty while it may go on.
    virtual std::string find_fault() = 0;

    /// What all processes of a browser on this machine belong to; -1 of one elsewhere.
    virtual pid_t group() const = 0;
};

/// Makes the way. `over` is requested when nobody wants it any more. Throws Error{unavailable}.
using Connect = std::function<std::unique_ptr<Transport>(const std::stop_token& over)>;

/// Of one message: a page of 8 MB, every character escaped.
constexpr std::size_t protocol_message_bytes_max = 96U << 20U;

}  // namespace rag::browser

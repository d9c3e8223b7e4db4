#pragma once

#include "base/json.hpp"
#include "rag/clock.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace rag::browser {

/// What a browser says to one of its users, in order. The thread that reads the pipe puts in, the
/// user takes out.
class Inbox final {
public:
    /// `bytes` is the message's length on the pipe. A user that leaves too much lying is told that
    /// it is over.
    void put(Json message, std::size_t bytes);
    /// Nothing more will come; what is there can still be taken.
    void close(const std::string& why);

    /// The next message; null when none came in time or the caller is to stop. Throws
    /// Error{unavailable} with the reason once the inbox is closed and empty.
    std::optional<Json> take(const std::stop_token& stop, SteadyTime until);

private:
    struct Message {
        Json content;
        std::size_t bytes = 0;
    };

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Message> messages_;
    std::size_t bytes_ = 0;
    std::string closed_;  ///< Why; empty while open.
};

}  // namespace rag::browser

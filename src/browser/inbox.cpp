#include "browser/inbox.hpp"

#include "rag/error.hpp"

#include <utility>

namespace rag::browser {
namespace {

constexpr std::size_t messages_max = 20'000;
constexpr std::size_t bytes_max = 128U << 20U;

}  // namespace

void Inbox::put(Json message, std::size_t bytes) {
    {
        const std::scoped_lock lock(mutex_);
        if (!closed_.empty()) {
            return;
        }
        if (messages_.size() >= messages_max || bytes_ + bytes > bytes_max) {
            closed_ = "The page does more than can be followed.";
        } else {
            messages_.push_back({std::move(message), bytes});
            bytes_ += bytes;
        }
    }
    changed_.notify_all();
}

void Inbox::close(const std::string& why) {
    {
        const std::scoped_lock lock(mutex_);
        if (closed_.empty()) {
            closed_ = why;
        }
    }
    changed_.notify_all();
}

std::optional<Json> Inbox::take(const std::stop_token& stop, SteadyTime until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, until,
                        [this] { return !messages_.empty() || !closed_.empty(); });
    if (!messages_.empty()) {
        Message message = std::move(messages_.front());
        messages_.pop_front();
        bytes_ -= message.bytes;
        return std::move(message.content);
    }
    if (!closed_.empty()) {
        throw Error(ErrorCode::unavailable, closed_);
    }
    return std::nullopt;
}

}  // namespace rag::browser

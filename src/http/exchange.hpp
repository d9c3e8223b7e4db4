#pragma once

#include "http/body_budget.hpp"
#include "http/types.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace rag::http {

struct StreamLimits {
    std::size_t events_max = 256;
    std::size_t bytes_max = 1024 * 1024;
};

/// Tells the connection that there is something to do. Called with a lock held: posts, no more.
using Notify = std::function<void()>;

/// The queue between whoever writes events and the connection that sends them. Safe for concurrent
/// use.
class StreamQueue final : public EventStream {
public:
    StreamQueue(StreamLimits limits, Notify notify) : limits_(limits), notify_(std::move(notify)) {}

    bool write(std::string bytes, Delivery delivery) override;
    void close() override;
    std::stop_token gone() const override { return gone_.get_token(); }

    // For the connection.
    std::string take_bytes();   ///< Everything queued; empty when nothing is.
    bool is_finished() const;   ///< Closed, and everything taken.
    bool is_overflown() const;  ///< A required event found no room: the peer must see a break.
    /// Nothing is sent any more and nobody is notified. Requests the stop outside the lock.
    void disconnect();

private:
    void notify_locked() {
        if (notify_) {
            notify_();
        }
    }

    const StreamLimits limits_;
    std::stop_source gone_;

    mutable std::mutex mutex_;
    Notify notify_;  ///< Empty once disconnected.
    std::deque<std::string> events_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
    bool overflown_ = false;
};

struct Answer {
    Response response;                    ///< Without body when there is a stream.
    std::shared_ptr<StreamQueue> stream;  ///< Null for a plain answer.
};

/// What the connection and the handler share about one request. Safe for concurrent use.
class PendingRequest final {
public:
    PendingRequest(Request request, BodyShare share, StreamLimits limits, Notify notify)
        : request_(std::move(request)),
          share_(std::move(share)),
          limits_(limits),
          notify_(std::move(notify)) {}

    const Request& request() const { return request_; }
    std::stop_token gone() const { return gone_.get_token(); }

    /// The first answer counts; the others are dropped.
    void respond(Response response);
    std::shared_ptr<EventStream> respond_with_stream(int status, HttpHeaders headers);

    // For the connection.
    std::optional<Answer> take_answer();
    void request_stop() { gone_.request_stop(); }
    void disconnect();

private:
    const Request request_;
    const BodyShare share_;
    const StreamLimits limits_;
    std::stop_source gone_;

    std::mutex mutex_;
    Notify notify_;  ///< Empty once disconnected.
    std::optional<Answer> answer_;
    bool answered_ = false;
};

/// What a handler holds; the last copy's end without an answer is a 500.
std::shared_ptr<Exchange> make_exchange(std::shared_ptr<PendingRequest> pending);

}  // namespace rag::http

#pragma once

#include "http/types.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace rag::test {

/// An event stream that keeps what is written. Safe for concurrent use.
class FakeStream final : public http::EventStream {
public:
    explicit FakeStream(std::stop_token gone) : gone_(std::move(gone)) {}

    bool write(std::string bytes, http::Delivery) override {
        const std::scoped_lock lock(mutex_);
        if (closed_ || gone_.stop_requested()) {
            return false;
        }
        text_ += bytes;
        changed_.notify_all();
        return true;
    }
    void close() override {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }
    std::stop_token gone() const override { return gone_; }

    std::string text() const {
        const std::scoped_lock lock(mutex_);
        return text_;
    }
    /// Whether the stream is closed within ten seconds.
    bool await_close() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return closed_; });
    }
    /// Whether the text is written within ten seconds.
    bool await_text(const std::string& part) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10),
                                 [&] { return text_.find(part) != std::string::npos; });
    }

private:
    const std::stop_token gone_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
    bool closed_ = false;
};

/// An exchange that keeps its answer. Safe for concurrent use.
class FakeExchange final : public http::Exchange {
public:
    explicit FakeExchange(http::Request request) : request_(std::move(request)) {}

    const http::Request& request() const override { return request_; }
    std::stop_token gone() const override { return gone_.get_token(); }
    void respond(http::Response response) override {
        const std::scoped_lock lock(mutex_);
        ++answers_;
        response_ = std::move(response);
        changed_.notify_all();
    }
    std::shared_ptr<http::EventStream> respond_with_stream(int status,
                                                           HttpHeaders headers) override {
        const std::scoped_lock lock(mutex_);
        ++answers_;
        response_ = http::Response{status, std::move(headers), ""};
        stream_ = std::make_shared<FakeStream>(gone_.get_token());
        changed_.notify_all();
        return stream_;
    }

    /// The answer so far; fails the test by throwing when none comes within ten seconds.
    http::Response await_response() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(10), [this] { return response_.has_value(); });
        return response_.value();
    }
    /// Null when the answer is no stream.
    std::shared_ptr<FakeStream> stream() const {
        const std::scoped_lock lock(mutex_);
        return stream_;
    }
    int answers() const {
        const std::scoped_lock lock(mutex_);
        return answers_;
    }
    void hang_up() { gone_.request_stop(); }

private:
    const http::Request request_;
    std::stop_source gone_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<http::Response> response_;
    std::shared_ptr<FakeStream> stream_;
    int answers_ = 0;
};

}  // namespace rag::test

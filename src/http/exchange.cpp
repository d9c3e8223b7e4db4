#include "http/exchange.hpp"

#include "http/message.hpp"

namespace rag::http {
namespace {

class HandlersExchange final : public Exchange {
public:
    explicit HandlersExchange(std::shared_ptr<PendingRequest> pending)
        : pending_(std::move(pending)) {}
    ~HandlersExchange() override {
        pending_->respond(make_error_response(500, "The request came to no answer."));
    }

    const Request& request() const override { return pending_->request(); }
    std::stop_token gone() const override { return pending_->gone(); }
    void respond(Response response) override { pending_->respond(std::move(response)); }
    std::shared_ptr<EventStream> respond_with_stream(int status, HttpHeaders headers) override {
        return pending_->respond_with_stream(status, std::move(headers));
    }

private:
    const std::shared_ptr<PendingRequest> pending_;
};

}  // namespace

bool StreamQueue::write(std::string bytes, Delivery delivery) {
    const std::scoped_lock lock(mutex_);
    if (closed_ || !notify_) {
        return false;
    }
    // What waits already is measured, so that one event larger than the queue can still pass.
    if (events_.size() >= limits_.events_max || bytes_ >= limits_.bytes_max) {
        if (delivery == Delivery::droppable) {
            return true;
        }
        closed_ = true;
        overflown_ = true;
        events_.clear();
        bytes_ = 0;
        notify_locked();
        return false;
    }
    if (bytes.empty()) {
        return true;
    }
    bytes_ += bytes.size();
    events_.push_back(std::move(bytes));
    if (events_.size() == 1) {
        notify_locked();
    }
    return true;
}

void StreamQueue::close() {
    const std::scoped_lock lock(mutex_);
    if (!closed_) {
        closed_ = true;
        notify_locked();
    }
}

std::string StreamQueue::take_bytes() {
    const std::scoped_lock lock(mutex_);
    if (events_.size() == 1) {
        std::string only = std::move(events_.front());
        events_.clear();
        bytes_ = 0;
        return only;
    }
    std::string all;
    all.reserve(bytes_);
    for (const std::string& event : events_) {
        all += event;
    }
    events_.clear();
    bytes_ = 0;
    return all;
}

bool StreamQueue::is_finished() const {
    const std::scoped_lock lock(mutex_);
    return closed_ && events_.empty();
}

bool StreamQueue::is_overflown() const {
    const std::scoped_lock lock(mutex_);
    return overflown_;
}

void StreamQueue::disconnect() {
    {
        const std::scoped_lock lock(mutex_);
        notify_ = nullptr;
        events_.clear();
        bytes_ = 0;
    }
    gone_.request_stop();
}

void PendingRequest::respond(Response response) {
    const std::scoped_lock lock(mutex_);
    if (answered_) {
        return;
    }
    answered_ = true;
    if (notify_) {
        answer_.emplace(Answer{std::move(response), nullptr});
        notify_();
    }
}

std::shared_ptr<EventStream> PendingRequest::respond_with_stream(int status, HttpHeaders headers) {
    const std::scoped_lock lock(mutex_);
    const bool lost = answered_ || !notify_;
    auto stream = std::make_shared<StreamQueue>(limits_, lost ? Notify() : notify_);
    answered_ = true;
    if (lost) {
        stream->disconnect();
        return stream;
    }
    answer_.emplace(Answer{Response{status, std::move(headers), {}}, stream});
    notify_();
    return stream;
}

std::optional<Answer> PendingRequest::take_answer() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(answer_, std::nullopt);
}

void PendingRequest::disconnect() {
    std::optional<Answer> unsent;
    {
        const std::scoped_lock lock(mutex_);
        notify_ = nullptr;
        unsent = std::exchange(answer_, std::nullopt);
    }
    if (unsent && unsent->stream) {
        unsent->stream->disconnect();
    }
}

std::shared_ptr<Exchange> make_exchange(std::shared_ptr<PendingRequest> pending) {
    return std::make_shared<HandlersExchange>(std::move(pending));
}

}  // namespace rag::http

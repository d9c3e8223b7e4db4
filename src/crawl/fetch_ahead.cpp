#include "crawl/fetch_ahead.hpp"

#include <functional>
#include <utility>

namespace rag::crawl {

namespace {

Fetched fetch_page(Fetcher& fetcher, const CallContext& context, const Ask& ask) {
    try {
        return {fetcher.get(context, ask), std::nullopt, ""};
    } catch (const Error& error) {
        return {{}, error.code(), error.message()};
    }
}

}  // namespace

struct FetchAhead::Task {
    std::packaged_task<Fetched()> fetch;
    std::stop_callback<std::function<void()>> stopped;
};

FetchAhead::FetchAhead(Fetcher& fetcher, std::size_t at_once)
    : fetcher_(fetcher), at_once_(at_once) {}

FetchAhead::~FetchAhead() {
    stop_.request_stop();
    threads_.clear();
}

HttpResponse Fetched::take() {
    if (failure) {
        throw Error(*failure, sentence);
    }
    return std::move(response);
}

std::future<Fetched> FetchAhead::ask(const CallContext& context, Ask ask) {
    if (at_once_ <= 1) {
        return std::async(std::launch::deferred, [this, context, ask = std::move(ask)] {
            return fetch_page(fetcher_, context, ask);
        });
    }
    CallContext own = context;
    own.stop = stop_.get_token();
    own.on_progress = {};
    const auto fetch = [this, own = std::move(own), ask = std::move(ask)] {
        return fetch_page(fetcher_, own, ask);
    };
    const auto pass_on = [source = stop_]() mutable { source.request_stop(); };
    std::unique_ptr<Task> task(
        new Task{std::packaged_task<Fetched()>(fetch),
                 std::stop_callback<std::function<void()>>(context.stop, pass_on)});
    std::future<Fetched> answer = task->fetch.get_future();
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (idle_ < tasks_.size() && threads_.size() < at_once_) {
        threads_.emplace_back([this] { work(); });
    }
    wake_.notify_one();
    return answer;
}

void FetchAhead::work() {
    const std::stop_token stop = stop_.get_token();
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        wake_.wait(lock, stop, [this] { return !tasks_.empty(); });
        --idle_;
        // After a stop what is left is run to its end too, which comes at once: somebody may wait
        // for it.
        if (tasks_.empty()) {
            return;
        }
        std::unique_ptr<Task> task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task->fetch();
        task.reset();
        lock.lock();
    }
}

}  // namespace rag::crawl

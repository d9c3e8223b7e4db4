#include "base/workers.hpp"

#include "base/log.hpp"
#include "rag/error.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <exception>
#include <system_error>
#include <utility>

namespace rag {

Workers::Workers(std::string name, std::size_t threads, std::size_t queue_max)
    : name_(std::move(name)), queue_max_(queue_max) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) {
        try {
            threads_.emplace_back([this] { run(); });
        } catch (const std::system_error& error) {
            stop();
            throw Error(ErrorCode::unavailable,
                        fmt::format("Of {} threads '{}' the system gave {} ({}); permit more "
                                    "processes, or set RAG_WORKERS lower.",
                                    threads, name_, i, error.code().message()));
        }
        // The kernel keeps 15 characters; a failure costs only the name.
        pthread_setname_np(threads_.back().native_handle(), name_.substr(0, 15).c_str());
    }
}

Workers::~Workers() {
    stop();
}

bool Workers::try_post(std::function<void()> work) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || queue_.size() >= queue_max_) {
            return false;
        }
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
    return true;
}

void Workers::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) {
            thread.join();
        }
    }
}

std::size_t Workers::queued() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

std::size_t Workers::busy() const {
    const std::scoped_lock lock(mutex_);
    return busy_;
}

void Workers::run() {
    for (;;) {
        std::function<void()> work;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) {
                return;
            }
            work = std::move(queue_.front());
            queue_.pop_front();
            ++busy_;
        }
        try {
            work();
        } catch (const std::exception& error) {
            log::error("work on pool {} failed: {}", name_, error.what());
        }
        const std::scoped_lock lock(mutex_);
        --busy_;
    }
}

}  // namespace rag

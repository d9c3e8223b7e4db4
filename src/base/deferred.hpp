#pragma once

#include "rag/context.hpp"
#include "rag/error.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace rag {

enum class DeferredState { idle, opening, ready, failed };

/// A value that takes time to make, and whose making may fail for a while: made on a thread of its
/// own, tried again when somebody asks for it. Safe for concurrent use.
template <class T>
class Deferred {
public:
    explicit Deferred(std::function<std::unique_ptr<T>()> make) : make_(std::move(make)) {}
    ~Deferred() {
        {
            const std::scoped_lock lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    /// Begins to make the value, unless that has begun.
    void start() {
        const std::scoped_lock lock(mutex_);
        start_locked();
    }

    /// The value, waited for at most `most` and within the context's time. Throws what the last try
    /// threw when it failed while we waited, Error{unavailable} after the time.
    T& wait(const CallContext& context, std::chrono::milliseconds most) {
        std::unique_lock lock(mutex_);
        if (value_) {
            return *value_;
        }
        // A try that was under way already may fail for a reason that is over: its outcome counts
        // all the same, because the caller can ask again.
        const std::uint64_t tries_before = tries_;
        wanted_ = true;
        start_locked();
        wake_.notify_all();
        const auto end = std::chrono::steady_clock::now() + context.time_left(most);
        wake_.wait_until(lock, context.stop, end,
                         [&] { return value_ || tries_ != tries_before || stopping_; });
        if (value_) {
            return *value_;
        }
        lock.unlock();
        context.check();
        lock.lock();
        if (tries_ != tries_before && failure_) {
            std::rethrow_exception(failure_);
        }
        throw Error(ErrorCode::unavailable,
                    "The memory is still being opened; try again in a moment.");
    }

    /// The value if it is there.
    T* peek() const {
        const std::scoped_lock lock(mutex_);
        return value_.get();
    }

    DeferredState state() const {
        const std::scoped_lock lock(mutex_);
        if (value_) {
            return DeferredState::ready;
        }
        if (!thread_.joinable()) {
            return DeferredState::idle;
        }
        return failure_ ? DeferredState::failed : DeferredState::opening;
    }

private:
    static constexpr std::chrono::seconds retry_pause{5};

    /// REQUIRES: mutex_ is held.
    void start_locked() {
        if (!thread_.joinable() && !stopping_) {
            thread_ = std::thread([this] { run(); });
        }
    }

    void run() {
        std::unique_lock lock(mutex_);
        while (!stopping_ && !value_) {
            wanted_ = false;
            lock.unlock();
            std::unique_ptr<T> made;
            std::exception_ptr failure;
            try {
                made = make_();
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            value_ = std::move(made);
            failure_ = failure;
            ++tries_;
            wake_.notify_all();
            if (!value_) {
                wake_.wait_for(lock, retry_pause, [this] { return wanted_ || stopping_; });
            }
        }
    }

    const std::function<std::unique_ptr<T>()> make_;

    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    // Guarded by mutex_.
    std::unique_ptr<T> value_;
    std::exception_ptr failure_;
    std::uint64_t tries_ = 0;
    bool wanted_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace rag

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rag {

/// A named pool of threads with a bounded queue: the place where blocking happens. Safe for
/// concurrent use. The destructor runs what is queued and joins; nothing may be posted by then.
class Workers {
public:
    /// `queue_max` counts what waits, not what runs. Throws Error{unavailable} where the system
    /// gives fewer threads.
    Workers(std::string name, std::size_t threads, std::size_t queue_max);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// False when the queue is full or the pool is stopping: the caller refuses the work at once.
    /// An exception that leaves `work` is logged and dropped.
    [[nodiscard]] bool try_post(std::function<void()> work);

    /// Takes no more work, finishes what is queued, joins. May be called once.
    void stop();

    std::size_t queued() const;
    /// How many threads run work now.
    std::size_t busy() const;
    std::size_t threads() const { return threads_.size(); }

private:
    void run();

    // Constant after construction.
    const std::string name_;
    const std::size_t queue_max_;

    // Guarded by mutex_.
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    std::size_t busy_ = 0;
    bool stopping_ = false;

    std::vector<std::thread> threads_;
};

}  // namespace rag

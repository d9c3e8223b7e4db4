#pragma once

#include "server/event_outlet.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace rag::server {

struct StreamKeeperOptions {
    std::chrono::milliseconds keep_alive{15'000};
    /// A standing stream on which nothing happened for so long is closed, so that a machine may be
    /// stopped; zero: never.
    std::chrono::milliseconds idle_max{0};
    std::size_t standing_max = 200;
    /// What clients of a stream that we close are asked to wait.
    std::chrono::milliseconds retry{1000};
};

/// Looks after open event streams on a thread of its own: writes keep-alives, lets go of streams
/// whose peers are gone, closes idle ones. Safe for concurrent use.
class StreamKeeper final {
public:
    explicit StreamKeeper(StreamKeeperOptions options = {});
    /// Ends all standing streams.
    ~StreamKeeper();
    StreamKeeper(const StreamKeeper&) = delete;
    StreamKeeper& operator=(const StreamKeeper&) = delete;

    /// A place among the standing streams, given back with its last copy; null when all are taken.
    std::shared_ptr<void> take_place();

    /// What a standing stream needs. The keeper is its owner from now on.
    struct Standing {
        std::shared_ptr<EventOutlet> outlet;
        std::shared_ptr<void> place;
        /// Dropped when the stream is over: what lives as long as it.
        std::shared_ptr<void> companion;
        /// Called once before we close the stream ourselves; may be empty.
        std::function<void(EventOutlet&)> farewell;
    };
    void keep(Standing standing);

    /// Keep-alives for the stream of one call, as long as its owner holds it.
    void accompany(const std::shared_ptr<EventOutlet>& outlet);

    /// Closes all standing streams, with farewell: the server is about to end.
    void end_all();

    std::size_t standing() const { return *places_; }

private:
    struct Entry {
        Standing standing;
        std::unique_ptr<std::stop_callback<std::function<void()>>> on_gone;
    };

    void run();
    /// REQUIRES: the lock is not held. Returns what is to be destroyed, without the lock.
    std::vector<Entry> take_gone();
    void keep_alive();
    void farewell(std::vector<Entry> entries);

    // Constant after construction.
    const StreamKeeperOptions options_;
    const std::shared_ptr<std::atomic<std::size_t>> places_;  // Shared with the places.

    std::mutex mutex_;
    std::condition_variable wake_;
    // Guarded by mutex_. Entries are destroyed without it: their owners may call back.
    std::vector<Entry> entries_;
    std::vector<std::weak_ptr<EventOutlet>> calls_;
    bool some_gone_ = false;
    bool stopping_ = false;

    std::thread thread_;
};

}  // namespace rag::server

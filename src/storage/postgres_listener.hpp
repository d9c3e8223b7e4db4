#pragma once

#include "storage/postgres_pool.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace rag::storage {

/// Learns from the database, on a connection of its own (one of the pool's), when another server
/// has written. It tells nothing while it is not connected; it connects again by itself.
///
/// A notification comes with the commit, but the feed shows the change only when no older
/// transaction is open. So one is remembered until the feed has been read beyond it.
class PostgresListener final {
public:
    /// `news` is called from the listener's thread when something is due, and again now and then
    /// while it is. The pool must outlive this and must permit two connections at least.
    PostgresListener(PostgresPool& pool, std::function<void()> news);
    /// Afterwards `news` is not called any more.
    ~PostgresListener();
    PostgresListener(const PostgresListener&) = delete;
    PostgresListener& operator=(const PostgresListener&) = delete;

    /// Whether the feed is known to hold, or soon to hold, what was not read yet. Costs nothing;
    /// false for a moment after a read that brought nothing, so that searches do not all ask while
    /// an older transaction is open.
    bool is_due() const;

    /// To be asked before a read of the feed and told after it.
    std::uint64_t sessions() const { return sessions_; }
    /// `position` is the horizon up to which everything has been read by now.
    void note_read(std::uint64_t sessions_before, std::int64_t position, bool brought_nothing);

private:
    void run(const std::stop_token& stop);
    void listen(ApartConnection& apart, const std::stop_token& stop);
    void take(const std::string& payload);
    bool is_behind() const;

    PostgresPool& pool_;
    const std::function<void()> news_;
    int wake_ = -1;  ///< A descriptor that can be read once the end is asked for.

    /// How often listening has begun: what was committed before is in no notification.
    std::atomic<std::uint64_t> sessions_{0};
    std::atomic<std::uint64_t> sessions_read_{0};
    std::atomic<bool> connected_{false};
    std::atomic<std::int64_t> newest_{-1};  ///< The highest transaction of another's.
    std::atomic<std::int64_t> read_up_to_{0};
    std::atomic<std::chrono::steady_clock::rep> quiet_until_{0};

    std::jthread thread_;  ///< Last: it uses everything above.
};

}  // namespace rag::storage

#pragma once

#include "rag/clock.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace rag::memory {

/// How many crawls each principal may start within an hour, in this process. Safe for concurrent
/// use.
class StartLimit final {
public:
    /// `per_hour` 0 lets every start pass. `clock` must outlive this.
    StartLimit(int per_hour, const Clock& clock) : per_hour_(per_hour), clock_(clock) {}

    /// Counts a start. Throws Error{rate_limited} that says when to come back, and counts nothing,
    /// when there were too many.
    void take(const std::string& principal);
    /// The latest start was none: the crawl ran already.
    void give_back(const std::string& principal);

    static constexpr std::size_t principals_max = 4096;

private:
    void make_room_locked(SteadyTime now);

    const int per_hour_;
    const Clock& clock_;

    std::mutex mutex_;
    std::map<std::string, std::deque<SteadyTime>> starts_;  // Oldest first, none over an hour old.
};

}  // namespace rag::memory

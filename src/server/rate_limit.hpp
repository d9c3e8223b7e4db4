#pragma once

#include "http/types.hpp"
#include "rag/clock.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace rag::server {

/// A token bucket for each principal: a minute's calls at once, then as they come back. Safe for
/// concurrent use.
class RateLimit final {
public:
    /// `per_minute` 0 lets everything pass. `clock` must outlive this.
    RateLimit(int per_minute, Clock& clock) : per_minute_(per_minute), clock_(clock) {}

    /// Null, or 429 with Retry-After in seconds.
    std::unique_ptr<http::Response> check(const std::string& principal);

    static constexpr std::size_t principals_max = 4096;

private:
    struct Bucket {
        double calls = 0;
        SteadyTime filled_at;
    };

    void make_room_locked(SteadyTime now);

    const int per_minute_;
    Clock& clock_;

    std::mutex mutex_;
    std::map<std::string, Bucket> buckets_;
};

}  // namespace rag::server

#include "server/rate_limit.hpp"

#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace rag::server {
namespace {

constexpr std::chrono::minutes refill_time{1};

}  // namespace

std::unique_ptr<http::Response> RateLimit::check(const std::string& principal) {
    if (per_minute_ <= 0) {
        return nullptr;
    }
    const double most = per_minute_;
    const double per_second = most / 60.0;
    const SteadyTime now = clock_.steady_now();
    double calls = 0;
    {
        const std::scoped_lock lock(mutex_);
        if (!buckets_.contains(principal)) {
            make_room_locked(now);
            buckets_.emplace(principal, Bucket{most, now});
        }
        Bucket& bucket = buckets_[principal];
        const double passed = std::chrono::duration<double>(now - bucket.filled_at).count();
        bucket.calls = std::min(most, bucket.calls + passed * per_second);
        bucket.filled_at = now;
        if (bucket.calls >= 1) {
            bucket.calls -= 1;
            return nullptr;
        }
        calls = bucket.calls;
    }
    auto refusal = std::make_unique<http::Response>(http::make_error_response(
        429, fmt::format("More than {} calls a minute; wait as long as Retry-After says.",
                         per_minute_)));
    const double wait_s = std::ceil((1 - calls) / per_second);
    refusal->headers.emplace_back("Retry-After",
                                  fmt::format("{}", std::max(1, static_cast<int>(wait_s))));
    return refusal;
}

/// A bucket that is full again says nothing; when all are in use, the oldest goes.
void RateLimit::make_room_locked(SteadyTime now) {
    if (buckets_.size() < principals_max) {
        return;
    }
    std::erase_if(buckets_,
                  [&](const auto& entry) { return now - entry.second.filled_at > refill_time; });
    if (buckets_.size() >= principals_max) {
        buckets_.erase(std::min_element(
            buckets_.begin(), buckets_.end(),
            [](const auto& a, const auto& b) { return a.second.filled_at < b.second.filled_at; }));
    }
}

}  // namespace rag::server

#include "memory/start_limit.hpp"

#include "rag/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rag::memory {
namespace {

constexpr std::chrono::hours window{1};

}  // namespace

void StartLimit::take(const std::string& principal) {
    if (per_hour_ <= 0) {
        return;
    }
    const SteadyTime now = clock_.steady_now();
    const std::scoped_lock lock(mutex_);
    make_room_locked(now);
    std::deque<SteadyTime>& starts = starts_[principal];
    while (!starts.empty() && now - starts.front() >= window) {
        starts.pop_front();
    }
    if (starts.size() < static_cast<std::size_t>(per_hour_)) {
        starts.push_back(now);
        return;
    }
    const auto wait = std::chrono::ceil<std::chrono::minutes>(starts.front() + window - now);
    throw Error(ErrorCode::rate_limited,
                fmt::format("You have started {} crawls within an hour, which is the most; try "
                            "again in {} minutes, or have the operator raise RAG_CRAWL_STARTS.",
                            per_hour_, wait.count()));
}

void StartLimit::give_back(const std::string& principal) {
    const std::scoped_lock lock(mutex_);
    const auto found = starts_.find(principal);
    if (found != starts_.end() && !found->second.empty()) {
        found->second.pop_back();
    }
}

/// Starts of more than an hour ago say nothing; when all names are in use, the one that has been
/// quiet for the longest time goes.
void StartLimit::make_room_locked(SteadyTime now) {
    if (starts_.size() < principals_max) {
        return;
    }
    std::erase_if(starts_, [&](const auto& entry) {
        return entry.second.empty() || now - entry.second.back() >= window;
    });
    if (starts_.size() >= principals_max) {
        starts_.erase(std::min_element(
            starts_.begin(), starts_.end(),
            [](const auto& a, const auto& b) { return a.second.back() < b.second.back(); }));
    }
}

}  // namespace rag::memory

#include "memory/pending_paths.hpp"

#include <algorithm>

namespace rag::memory {

bool PendingPaths::touch(const std::string& path, SteadyTime now) {
    const auto known = by_path_.find(path);
    if (known == by_path_.end()) {
        if (by_path_.size() >= paths_max) {
            return false;
        }
        by_path_.emplace(path, Times{now, now + quiet_time});
        by_due_.emplace(now + quiet_time, path);
        return true;
    }
    Times& times = known->second;
    by_due_.erase({times.due, path});
    times.due = std::min(now + quiet_time, times.first + patience);
    by_due_.emplace(times.due, path);
    return true;
}

std::optional<std::string> PendingPaths::take_due(SteadyTime now) {
    if (by_due_.empty() || by_due_.begin()->first > now) {
        return std::nullopt;
    }
    std::string path = by_due_.extract(by_due_.begin()).value().second;
    by_path_.erase(path);
    return path;
}

std::optional<SteadyTime> PendingPaths::next_due() const {
    return by_due_.empty() ? std::nullopt : std::optional(by_due_.begin()->first);
}

void PendingPaths::clear() {
    by_path_.clear();
    by_due_.clear();
}

}  // namespace rag::memory

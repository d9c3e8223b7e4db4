#pragma once

#include "rag/clock.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace rag::memory {

/// Paths that changed and will be looked at once they are quiet, each once however often it was
/// touched: an editor saves with several writes and renames. One that never becomes quiet comes up
/// all the same. Pure; used by one thread.
class PendingPaths final {
public:
    static constexpr std::chrono::milliseconds quiet_time{150};
    static constexpr std::chrono::milliseconds patience{1'000};
    static constexpr std::size_t paths_max = 100'000;

    /// False when there are too many paths already; then this one was not taken.
    bool touch(const std::string& path, SteadyTime now);

    /// The path that has been due for the longest time, and forgets it; null when none is due.
    std::optional<std::string> take_due(SteadyTime now);

    /// When the next one is due; null when there is none.
    std::optional<SteadyTime> next_due() const;

    std::size_t size() const { return by_path_.size(); }
    void clear();

private:
    struct Times {
        SteadyTime first;
        SteadyTime due;
    };

    // The same paths twice.
    std::map<std::string, Times> by_path_;
    std::set<std::pair<SteadyTime, std::string>> by_due_;
};

}  // namespace rag::memory

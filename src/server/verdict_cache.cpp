#include "server/verdict_cache.hpp"

#include <algorithm>

namespace rag::server {

std::optional<Verdict> VerdictCache::find(const std::string& hash,
                                          std::chrono::milliseconds least) {
    const SteadyTime now = clock_.steady_now();
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(hash);
    return found != entries_.end() && found->second.until > now + least
               ? std::optional(found->second.verdict)
               : std::nullopt;
}

void VerdictCache::keep(const std::string& hash, const Verdict& verdict) {
    const SteadyTime now = clock_.steady_now();
    const std::scoped_lock lock(mutex_);
    if (entries_.size() >= verdicts_max) {
        std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
    }
    if (entries_.size() >= verdicts_max) {
        // Refusals are kept the shortest, so that a flood of bad tokens pushes itself out first.
        entries_.erase(std::min_element(
            entries_.begin(), entries_.end(),
            [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
    }
    entries_[hash] = {verdict, now + verdict.kept};
}

}  // namespace rag::server

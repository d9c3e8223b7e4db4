#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace rag::server {

/// What became of a bearer token.
struct Verdict {
    std::optional<Caller> caller;  ///< Null: not accepted.
    /// What the caller may do by its scopes; null: open a conversation, and nothing in it.
    std::optional<Role> granted;
    std::string refusal;                ///< Why not, a sentence fit for error_description.
    std::chrono::milliseconds kept{0};  ///< How long it may be believed without another look.
};

/// Verdicts by the hash of their token, each for its time. Safe for concurrent use.
class VerdictCache final {
public:
    /// `clock` must outlive this.
    explicit VerdictCache(const Clock& clock) : clock_(clock) {}

    /// Null when there is none, or none that counts for `least` longer.
    std::optional<Verdict> find(const std::string& hash,
                                std::chrono::milliseconds least = std::chrono::milliseconds(0));
    void keep(const std::string& hash, const Verdict& verdict);

    static constexpr std::size_t verdicts_max = 4096;

private:
    struct Entry {
        Verdict verdict;
        SteadyTime until;
    };

    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Entry> entries_;
};

}  // namespace rag::server

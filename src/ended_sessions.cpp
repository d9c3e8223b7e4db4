#include "ended_sessions.hpp"

#include "base/log.hpp"

namespace rag {
namespace {

/// A client waits for this with every request of its session.
constexpr std::chrono::seconds table_time_max{2};
constexpr std::size_t looked_max = 10'000;

CallContext brief_context() {
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + table_time_max;
    context.request_id = "ended-sessions";
    return context;
}

}  // namespace

void StoredEndedSessions::add(const std::string& nonce, Timestamp until) {
    here_.add(nonce, until);
    try {
        engine_.ended_sessions(brief_context()).add(brief_context(), nonce, until);
    } catch (const Error& error) {
        log::warn("the end of a session was not written down: {}", error.message());
    }
}

bool StoredEndedSessions::contains(const std::string& nonce) {
    if (here_.contains(nonce)) {
        return true;
    }
    const auto now = std::chrono::steady_clock::now();
    const bool trusted = looked_.with([&](const Looked& looked) {
        const auto found = looked.find(nonce);
        return found != looked.end() && now - found->second < trust_;
    });
    if (trusted) {
        return false;
    }
    try {
        // Right after the start this waits for the store: a session that was ended before must not
        // come back for the moment that opening takes.
        if (engine_.ended_sessions(brief_context()).contains(brief_context(), nonce)) {
            here_.add(nonce, {});
            return true;
        }
    } catch (const Error& error) {
        // Sessions go on while the database is away: their ids are signed, and few are ended.
        log::debug("the ended sessions could not be read: {}", error.message());
        return false;
    }
    looked_.with([&](Looked& looked) {
        if (looked.size() >= looked_max) {
            looked.clear();
        }
        looked[nonce] = now;
    });
    return false;
}

}  // namespace rag

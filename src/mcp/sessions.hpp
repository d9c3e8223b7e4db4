#pragma once

#include "base/guarded.hpp"
#include "mcp/client_capabilities.hpp"
#include "mcp/registry.hpp"
#include "mcp/revision.hpp"
#include "mcp/seal.hpp"
#include "rag/clock.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace rag::mcp {

/// What a legacy client and we agreed on when it said `initialize`.
struct Session {
    Revision revision = latest_legacy;
    std::string principal;
    ClientCapabilities capabilities;
    Timestamp until;    ///< Not valid any more from then on.
    std::string nonce;  ///< Names this session among all.
};

/// Which sessions their clients ended before their time. Implementations are safe for concurrent
/// use.
class EndedSessions {
public:
    virtual ~EndedSessions() = default;

    /// Remembers it until its time would have been over anyway.
    virtual void add(const std::string& nonce, Timestamp until) = 0;
    virtual bool contains(const std::string& nonce) = 0;
};

/// In this process's memory: the newest ones, forgotten with the process.
class RecentlyEndedSessions final : public EndedSessions {
public:
    explicit RecentlyEndedSessions(std::size_t count_max = 10'000) : count_max_(count_max) {}

    void add(const std::string& nonce, Timestamp until) override;
    bool contains(const std::string& nonce) override;

private:
    struct State {
        std::deque<std::string> order;
        std::set<std::string> nonces;
    };

    const std::size_t count_max_;
    Guarded<State> state_;
};

/// Session ids that describe themselves: signed, so that no server has to remember them, and any
/// server with the same secret accepts them, after a restart too. Safe for concurrent use.
class Sessions {
public:
    /// `ended` and `clock` must outlive this.
    Sessions(const std::string& secret, EndedSessions& ended, const Clock& clock,
             std::chrono::hours lifetime = std::chrono::hours(24 * 30));

    /// A new session's id: visible ASCII.
    std::string open(Revision revision, const std::string& principal,
                     const ClientCapabilities& capabilities) const;
    /// Null for an id that was not made by us, is another principal's, has expired or was ended.
    std::optional<Session> find(std::string_view id, const std::string& principal) const;
    void end(const Session& session);

private:
    const Seal seal_;
    EndedSessions& ended_;
    const Clock& clock_;
    const std::chrono::hours lifetime_;
};

}  // namespace rag::mcp

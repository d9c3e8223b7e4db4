#pragma once

#include "base/guarded.hpp"
#include "engine.hpp"
#include "mcp/sessions.hpp"

#include <chrono>
#include <string>
#include <unordered_map>

namespace rag {

/// The ended sessions of all servers of one database, as far as it answers: a session that was
/// ended here is known here at once and whatever happens; one that was ended elsewhere after a
/// moment. Safe for concurrent use.
class StoredEndedSessions final : public mcp::EndedSessions {
public:
    /// `engine` must outlive this. For so long it is believed that a session has not been ended
    /// elsewhere since it was looked up.
    explicit StoredEndedSessions(Engine& engine,
                                 std::chrono::milliseconds trust = std::chrono::seconds(2))
        : engine_(engine), trust_(trust) {}

    void add(const std::string& nonce, Timestamp until) override;
    bool contains(const std::string& nonce) override;

private:
    using Looked = std::unordered_map<std::string, std::chrono::steady_clock::time_point>;

    Engine& engine_;
    const std::chrono::milliseconds trust_;
    mcp::RecentlyEndedSessions here_;
    Guarded<Looked> looked_;  // When a session was last found not to be ended.
};

}  // namespace rag

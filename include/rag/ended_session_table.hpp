#pragma once

#include "rag/clock.hpp"
#include "rag/context.hpp"

#include <string_view>

namespace rag {

/// Which sessions of the protocol their clients ended before their time, for all servers of one
/// database. Implementations are safe for concurrent use; every function may block, honours the
/// context, and throws Error{unavailable} when the database does not answer.
class EndedSessionTable {
public:
    virtual ~EndedSessionTable() = default;

    /// Remembers the session at least until `until`, when it is over anyway; forgets those whose
    /// time is over.
    virtual void add(const CallContext& context, std::string_view session, Timestamp until) = 0;
    virtual bool contains(const CallContext& context, std::string_view session) = 0;
};

}  // namespace rag

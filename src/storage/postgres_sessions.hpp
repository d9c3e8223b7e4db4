#pragma once

#include "rag/ended_session_table.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// EndedSessionTable on Postgres, in the schema that PostgresStore made.
class PostgresEndedSessions final : public EndedSessionTable {
public:
    /// The pool must outlive this.
    explicit PostgresEndedSessions(PostgresPool& pool) : pool_(pool) {}

    void add(const CallContext& context, std::string_view session, Timestamp until) override;
    bool contains(const CallContext& context, std::string_view session) override;

private:
    PostgresPool& pool_;
};

}  // namespace rag::storage

#pragma once

#include "rag/ended_session_table.hpp"
#include "storage/sqlite_database.hpp"

#include <memory>
#include <utility>

namespace rag::storage {

/// EndedSessionTable in one SQLite file.
class SqliteEndedSessions final : public EndedSessionTable {
public:
    explicit SqliteEndedSessions(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void add(const CallContext& context, std::string_view session, Timestamp until) override;
    bool contains(const CallContext& context, std::string_view session) override;

private:
    const std::shared_ptr<SqliteDatabase> database_;  // Shared with the store.
};

}  // namespace rag::storage

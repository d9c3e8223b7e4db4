#include "storage/sqlite_sessions.hpp"

#include "storage/sqlite_rows.hpp"

namespace rag::storage {

void SqliteEndedSessions::add(const CallContext& context, std::string_view session,
                              Timestamp until) {
    database_->write(context, [&](Connection& db) {
        db.prepare("DELETE FROM ended_sessions WHERE expires_at <= ?1")
            .bind(1, to_milliseconds(database_->now()))
            .run();
        db.prepare("INSERT OR IGNORE INTO ended_sessions (id, expires_at) VALUES (?1, ?2)")
            .bind(1, session)
            .bind(2, to_milliseconds(until))
            .run();
    });
}

bool SqliteEndedSessions::contains(const CallContext& context, std::string_view session) {
    bool found = false;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare("SELECT 1 FROM ended_sessions WHERE id = ?1");
        rows.bind(1, session);
        found = rows.step();
    });
    return found;
}

}  // namespace rag::storage

#include "storage/sqlite_upkeep.hpp"

#include "storage/sqlite_rows.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace rag::storage {
namespace {

/// ?1 is the age's limit, ?2 how many of a document's versions stay.
constexpr std::string_view old_versions =
    "FROM document_versions WHERE (document_id, version) IN (SELECT document_id, version FROM "
    "(SELECT document_id, version, created_at, row_number() OVER (PARTITION BY document_id ORDER "
    "BY version DESC) AS place FROM document_versions) WHERE place > ?2 AND created_at < ?1)";
constexpr std::string_view old_jobs =
    "FROM jobs WHERE state NOT IN ('queued', 'running') AND updated_at < ?1 AND ?2 = ?2";

struct OldRows {
    std::string_view rows;
    std::int64_t before = 0;
    std::int64_t kept = 0;
};

std::int64_t remove(Connection& connection, const OldRows& old, Removal removal) {
    const bool counts = removal == Removal::counted;
    const std::string sql = (counts ? "SELECT count(*) " : "DELETE ") + std::string(old.rows);
    // Not kept by the connection, whose statements' texts must outlive it.
    sqlite3_stmt* prepared = nullptr;
    if (const int code =
            sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &prepared, nullptr);
        code != SQLITE_OK) {
        throw_sqlite_error(connection.handle(), code);
    }
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(prepared, sqlite3_finalize);
    Statement statement(prepared);
    statement.bind(1, old.before).bind(2, old.kept);
    if (counts) {
        statement.step();
        return statement.integer(0);
    }
    statement.run();
    return connection.changed_rows();
}

}  // namespace

RemovedRows SqliteUpkeep::remove_old(const CallContext& context, const Retention& retention,
                                     Removal removal) {
    RemovedRows removed;
    const Timestamp now = database_->now();
    const auto work = [&](Connection& connection) {
        removed.versions = remove(connection,
                                  {old_versions, to_milliseconds(now - retention.version_age_max),
                                   retention.versions_kept},
                                  removal);
        removed.jobs = remove(connection,
                              {old_jobs, to_milliseconds(now - retention.job_age_max), 0}, removal);
    };
    if (removal == Removal::counted) {
        database_->read(context, work);
    } else {
        database_->write(context, work);
    }
    return removed;
}

}  // namespace rag::storage

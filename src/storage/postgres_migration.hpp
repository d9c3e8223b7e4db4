#pragma once

#include "rag/migration.hpp"
#include "storage/postgres_pool.hpp"

namespace rag::storage {

/// What bringing the schema up to date would do; changes nothing. Throws Error{conflict} when the
/// schema is newer than this program, Error{unavailable}.
MigrationPlan plan_postgres_migration(const CallContext& context, PostgresPool& pool);

/// Creates the schema or brings it up to date, in one transaction, one process at a time. The pool
/// knows its vector extension. Throws as the plan does; nothing has changed then.
void migrate_postgres(const CallContext& context, PostgresPool& pool);

}  // namespace rag::storage

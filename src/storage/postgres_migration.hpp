#pragma once

#include "rag/migration.hpp"
#include "storage/postgres_pool.hpp"

#include <optional>

namespace rag::storage {

/// What bringing the schema up to date would do; changes nothing. Throws Error{conflict} when the
/// schema is newer than this program, Error{unavailable}.
MigrationPlan plan_postgres_migration(const CallContext& context, PostgresPool& pool);

/// What a start learns of a database whose schema needs nothing done.
struct CurrentSchema {
    /// Whether a reference database may be in the schema public.
    bool may_hold_reference = false;
};

/// Looks whether the schema is this program's, and tells the pool of what type its vectors are;
/// null when it is not, and nothing was told. Locks nothing and writes nothing.
std::optional<CurrentSchema> find_current_schema(const CallContext& context, PostgresPool& pool);

/// Creates the schema or brings it up to date, in one transaction, one process at a time. The pool
/// knows its vector extension. Throws as the plan does; nothing has changed then.
void migrate_postgres(const CallContext& context, PostgresPool& pool);

}  // namespace rag::storage

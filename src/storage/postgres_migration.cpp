#include "storage/postgres_migration.hpp"

#include "storage/migrate.hpp"
#include "storage/postgres_values.hpp"
#include "storage/postgres_vector.hpp"

namespace rag::embedded {
extern const Files postgres_schema;
}

namespace rag::storage {
namespace {

std::int64_t read_version(PostgresTransaction& transaction) {
    return read_int(
        transaction.run("select coalesce(max(version), 0) from @S.schema_migrations").rows.at(0),
        0);
}

/// Those that a schema of this version lacks.
std::vector<Migration> list_pending(std::int64_t version) {
    std::vector<Migration> all = read_migrations(embedded::postgres_schema);
    refuse_newer(version, static_cast<std::int64_t>(all.size()));
    all.erase(all.begin(), all.begin() + version);
    return all;
}

void migrate(PostgresTransaction& transaction, const std::string& schema) {
    transaction.run(query_lock_migrations);
    transaction.run("set local statement_timeout = 0");
    const bool there =
        !transaction.run("select from pg_catalog.pg_namespace where nspname = $1", {schema})
             .empty();
    // Not with `if not exists` alone: that asks for a permission even where the schema is there.
    if (!there) {
        transaction.run_script("create schema " + schema);
    }
    transaction.run_script(
        "create table if not exists @S.schema_migrations (version bigint primary key, "
        "applied_at timestamptz(3) not null default clock_timestamp()); "
        "alter table @S.schema_migrations enable row level security");
    for (const Migration& step : list_pending(read_version(transaction))) {
        transaction.run_script(std::string(step.sql));
        transaction.run("insert into @S.schema_migrations (version) values ($1::bigint)",
                        {std::to_string(step.version)});
    }
}

}  // namespace

std::optional<CurrentSchema> find_current_schema(const CallContext& context, PostgresPool& pool) {
    std::optional<CurrentSchema> found;
    pool.read(context, [&](PostgresTransaction& transaction) {
        found.reset();
        const SqlRow there = transaction
                                 .run(
                                     "select to_regclass('@S.schema_migrations') is not null, "
                                     "to_regclass('public.document_chunks') is not null")
                                 .rows.at(0);
        if (read_text(there, 0) == "t" && list_pending(read_version(transaction)).empty() &&
            use_stored_type(transaction, pool)) {
            found = {read_text(there, 1) == "t"};
        }
    });
    return found;
}

MigrationPlan plan_postgres_migration(const CallContext& context, PostgresPool& pool) {
    MigrationPlan plan;
    plan.address = pool.place();
    pool.read(context, [&](PostgresTransaction& transaction) {
        const SqlRows there =
            transaction.run("select to_regclass('@S.schema_migrations') is not null");
        plan.schema_version = read_text(there.rows.at(0), 0) == "t" ? read_version(transaction) : 0;
    });
    for (const Migration& step : list_pending(plan.schema_version)) {
        plan.steps.push_back({step.version, std::string(step.name)});
    }
    return plan;
}

void migrate_postgres(const CallContext& context, PostgresPool& pool) {
    pool.transact(context, [&](PostgresTransaction& transaction) {
        migrate(transaction, pool.options().schema);
        use_stored_type(transaction, pool);
    });
}

}  // namespace rag::storage

#include "store_migration.hpp"

#include "base/clock.hpp"
#include "open_store.hpp"
#include "rag/error.hpp"
#include "storage/postgres_migration.hpp"
#include "storage/postgres_vector.hpp"
#include "storage/postgres_vector_indexes.hpp"
#include "storage/reference_takeover.hpp"
#include "storage/sqlite_database.hpp"

namespace rag {
namespace {

void refuse_sqlite(const Config& config) {
    if (sqlite_path(config)) {
        throw Error(ErrorCode::invalid_argument,
                    "DATABASE_URL names no Postgres database, and only such a one can hold a "
                    "reference database; set it to the one that the reference system uses.");
    }
}

void build_indexes(storage::PostgresPool& pool, const CallContext& context) {
    storage::PostgresVectorIndexes(pool).build_missing(context,
                                                       storage::PostgresVectorIndexes::When::now);
}

}  // namespace

MigrationPlan plan_migration(const Config& config, const CallContext& context) {
    if (const auto path = sqlite_path(config)) {
        return storage::plan_sqlite_migration(*path);
    }
    storage::PostgresPool pool(postgres_options(config));
    return storage::plan_postgres_migration(context, pool);
}

MigrationPlan migrate(const Config& config, const CallContext& context) {
    MigrationPlan plan = plan_migration(config, context);
    const SystemClock clock;
    {
        const OpenedStore opened = open_store(config, clock);
    }
    if (!sqlite_path(config)) {
        storage::PostgresPool pool(postgres_options(config));
        storage::ensure_vector(context, pool);
        build_indexes(pool, context);
    }
    if (!plan.steps.empty()) {
        plan.schema_version = plan.steps.back().version;
    }
    return plan;
}

TakeOverReport plan_take_over(const Config& config, const EmbeddingSpace& configured,
                              const CallContext& context) {
    refuse_sqlite(config);
    storage::PostgresPool pool(postgres_options(config));
    return storage::plan_take_over(context, pool, configured);
}

TakeOverReport take_over(const Config& config, Embedder& embedder, const CallContext& context) {
    refuse_sqlite(config);
    storage::PostgresPool pool(postgres_options(config));
    // Before anything is made here: there may be nothing to take over.
    storage::plan_take_over(context, pool, embedder.space());
    storage::ensure_vector(context, pool);
    storage::migrate_postgres(context, pool);
    storage::TakeOverOptions options;
    options.configured = embedder.space();
    options.embed = [&](const CallContext& call, std::span<const std::string> texts) {
        return embedder.embed_passages(call, texts);
    };
    TakeOverReport report = storage::take_over(context, pool, options);
    build_indexes(pool, context);
    return report;
}

}  // namespace rag

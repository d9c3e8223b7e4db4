#pragma once

#include "config.hpp"
#include "rag/context.hpp"
#include "rag/embedder.hpp"
#include "rag/migration.hpp"

/// What `rag migrate` does with the configured database. All throw Error: `unavailable` when it
/// does not answer, `conflict` when it belongs to another program or a newer version of this one.
namespace rag {

/// Changes nothing.
MigrationPlan plan_migration(const Config& config, const CallContext& context);
/// Gives what was done. In Postgres also builds the vector indexes that are missing.
MigrationPlan migrate(const Config& config, const CallContext& context);

/// Of a reference database in the configured Postgres database. Throw Error{not_found} where there
/// is none.
TakeOverReport plan_take_over(const Config& config, const EmbeddingSpace& configured,
                              const CallContext& context);
/// Brings our schema up to date first.
TakeOverReport take_over(const Config& config, Embedder& embedder, const CallContext& context);

}  // namespace rag

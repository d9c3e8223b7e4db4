#include "open_store.hpp"

#include "base/log.hpp"
#include "rag/error.hpp"
#include "storage/postgres_frontier.hpp"
#include "storage/postgres_index_source.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/postgres_search.hpp"
#include "storage/postgres_sessions.hpp"
#include "storage/postgres_spaces.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_tokens.hpp"
#include "storage/postgres_transfer.hpp"
#include "storage/postgres_upkeep.hpp"
#include "storage/postgres_vector_indexes.hpp"
#include "storage/sqlite_database.hpp"
#include "storage/sqlite_frontier.hpp"
#include "storage/sqlite_index_source.hpp"
#include "storage/sqlite_search.hpp"
#include "storage/sqlite_sessions.hpp"
#include "storage/sqlite_spaces.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/sqlite_tokens.hpp"
#include "storage/sqlite_transfer.hpp"
#include "storage/sqlite_upkeep.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>

namespace rag {
namespace {

constexpr std::chrono::seconds open_time_max{30};
constexpr std::string_view sqlite_scheme = "sqlite:///";
/// Supabase's port for its transaction pooler.
constexpr std::string_view transaction_pooler_port = ":6543";

OpenedStore open_sqlite(const std::string& path, const Clock& clock) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error) {
        throw Error(ErrorCode::unavailable,
                    "The folder of the database cannot be made (" + error.message() +
                        "); set RAG_DATA_DIR to a folder that can be written.");
    }
    storage::SqliteOptions options;
    options.clock = &clock;
    const auto database = std::make_shared<storage::SqliteDatabase>(path, options);
    return {database,
            std::make_unique<storage::SqliteStore>(database),
            std::make_unique<storage::SqliteSearch>(database),
            std::make_unique<storage::SqliteIndexSource>(database),
            std::make_unique<storage::SqliteEndedSessions>(database),
            std::make_unique<storage::SqliteTokens>(database),
            std::make_unique<storage::SqliteTransfer>(database),
            std::make_unique<storage::SqliteSpaces>(database),
            std::make_unique<storage::SqliteFrontier>(database),
            std::make_unique<storage::SqliteUpkeep>(database),
            /*tend=*/{},
            /*pool_use=*/{},
            /*remote=*/false};
}

OpenedStore open_postgres(const Config& config) {
    const auto pool = std::make_shared<storage::PostgresPool>(postgres_options(config));
    CallContext context;
    context.deadline = std::chrono::steady_clock::now() + open_time_max;
    auto store = std::make_unique<storage::PostgresStore>(context, *pool);
    if (const auto waiting = store->waiting_reference(context)) {
        log::warn("{}", *waiting);
    }
    auto source = std::make_unique<storage::PostgresIndexSource>(*pool, *store);
    const auto indexes = std::make_shared<storage::PostgresVectorIndexes>(*pool);
    return {pool,
            std::move(store),
            std::make_unique<storage::PostgresSearch>(*pool),
            std::move(source),
            std::make_unique<storage::PostgresEndedSessions>(*pool),
            std::make_unique<storage::PostgresTokens>(*pool),
            std::make_unique<storage::PostgresTransfer>(*pool),
            std::make_unique<storage::PostgresSpaces>(*pool),
            std::make_unique<storage::PostgresFrontier>(*pool),
            std::make_unique<storage::PostgresUpkeep>(*pool),
            [indexes](const CallContext& now) {
                indexes->build_missing(now, storage::PostgresVectorIndexes::When::settled);
            },
            [pool] {
                const auto [open, idle] = pool->count_connections();
                return PoolUse{open, open - idle};
            },
            /*remote=*/true};
}

}  // namespace

std::optional<std::string> sqlite_path(const Config& config) {
    if (!config.database_url.starts_with(sqlite_scheme)) {
        return std::nullopt;
    }
    return config.database_url.substr(sqlite_scheme.size());
}

storage::PostgresOptions postgres_options(const Config& config) {
    storage::PostgresOptions options;
    options.address = config.database_url;
    options.schema = config.db_schema;
    options.connections = static_cast<std::size_t>(config.db_pool);
    const bool pooled = config.db_pooler == "transaction" ||
                        (config.db_pooler.empty() &&
                         config.database_url.find(transaction_pooler_port) != std::string::npos);
    options.pooler = pooled ? storage::Pooler::transaction : storage::Pooler::off;
    return options;
}

OpenedStore open_store(const Config& config, const Clock& clock) {
    if (const auto path = sqlite_path(config)) {
        return open_sqlite(*path, clock);
    }
    return open_postgres(config);
}

}  // namespace rag

#pragma once

#include "config.hpp"
#include "rag/clock.hpp"
#include "rag/crawl_frontier.hpp"
#include "rag/ended_session_table.hpp"
#include "rag/index_source.hpp"
#include "rag/search_index.hpp"
#include "rag/space_store.hpp"
#include "rag/store.hpp"
#include "rag/token_table.hpp"
#include "rag/transfer.hpp"
#include "rag/upkeep.hpp"
#include "storage/postgres_pool.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rag {

/// Connections to a database server.
struct PoolUse {
    std::size_t open = 0;
    std::size_t busy = 0;  ///< Of these, lent to calls.
};

/// A store and what searches it; both share one database.
struct OpenedStore {
    std::shared_ptr<void> database;  ///< What both stand on; goes last.
    std::unique_ptr<Store> store;
    std::unique_ptr<SearchIndex> index;
    std::unique_ptr<IndexSource> source;  ///< What a copy of the index follows.
    std::unique_ptr<EndedSessionTable> ended_sessions;
    std::unique_ptr<TokenTable> tokens;
    std::unique_ptr<Transfer> transfer;
    std::unique_ptr<SpaceStore> spaces;
    std::unique_ptr<CrawlFrontier> frontier;
    std::unique_ptr<Upkeep> upkeep;
    /// What makes later calls faster and may take minutes; to be called now and then by one thread.
    /// Empty: there is nothing to do.
    std::function<void(const CallContext&)> tend;
    std::function<PoolUse()> pool_use;  ///< Empty where there is no server.
    /// Whether looking up a collection is a round trip to another process.
    bool remote = false;
};

/// The file that the configuration names; null where it names a Postgres database.
std::optional<std::string> sqlite_path(const Config& config);
/// REQUIRES: it names a Postgres database.
storage::PostgresOptions postgres_options(const Config& config);

/// Opens the configured database and brings its schema up to date. Throws Error: `unavailable` when
/// it does not answer, `conflict` when it belongs to another program or a newer version of this
/// one.
OpenedStore open_store(const Config& config, const Clock& clock);

}  // namespace rag

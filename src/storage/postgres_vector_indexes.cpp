#include "storage/postgres_vector_indexes.hpp"

#include "base/log.hpp"
#include "storage/postgres_values.hpp"

#include <stop_token>

namespace rag::storage {
namespace {

/// One that holds the lock, one that builds, one for everything else.
constexpr std::size_t connections_min = 3;
/// A space has settled when it has grown by less than this since the last look.
constexpr std::int64_t growth_percent = 2;

/// Held by an open transaction, which a transaction pooler permits too.
constexpr const char* query_lock_builders =
    "select pg_try_advisory_xact_lock(hashtextextended('@S.chunk_vectors', 0))";

const std::string query_list_missing =
    "select s.id, s.dimensions, (select count(*) from @S.chunk_vectors v where v.space_id = s.id), "
    "i.indexrelid is not null from @S.embedding_spaces s "
    "left join pg_catalog.pg_index i on i.indexrelid = "
    "to_regclass('@S.chunk_vectors_hnsw_' || s.id) where i.indisvalid is not true order by s.id";

}  // namespace

int PostgresVectorIndexes::build_missing(const CallContext& context, When when) {
    if (pool_.options().connections < connections_min) {
        return 0;
    }
    int built = 0;
    for (const Space& space : list_missing(context)) {
        const bool settled = is_settled(space);
        const auto type = extension_ ? graph_type(*extension_, space.dimensions) : std::nullopt;
        if (space.vectors < options_.vectors_min || !type || (when == When::settled && !settled)) {
            continue;
        }
        built += build(context, space, *type) ? 1 : 0;
    }
    return built;
}

std::vector<PostgresVectorIndexes::Space> PostgresVectorIndexes::list_missing(
    const CallContext& context) {
    std::vector<Space> spaces;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        spaces.clear();
        extension_ = find_vector(transaction);
        for (const SqlRow& row : transaction.run(query_list_missing).rows) {
            spaces.push_back(
                {read_int(row, 0), read_int(row, 1), read_int(row, 2), read_text(row, 3) == "t"});
        }
    });
    return spaces;
}

bool PostgresVectorIndexes::is_settled(const Space& space) {
    const auto [entry, first] = counted_.try_emplace(space.id, 0);
    const std::int64_t before = entry->second;
    entry->second = space.vectors;
    return !first && (space.vectors - before) * 100 <= before * growth_percent;
}

/// False when another server is at it. The transaction that holds the lock has neither an id nor a
/// snapshot, so that it delays neither the change feed nor the building.
bool PostgresVectorIndexes::build(const CallContext& context, const Space& space,
                                  const std::string& type) {
    bool built = false;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        if (built || read_text(transaction.run(query_lock_builders).rows.at(0), 0) != "t") {
            return;
        }
        const SqlRows there =
            transaction.run("select from pg_catalog.pg_index where indexrelid = to_regclass('@S." +
                            graph_name(space.id) + "') and indisvalid");
        if (!there.empty()) {
            return;  // Another server was quicker.
        }
        // By the simple protocol: it ends the statement before, whose snapshot the building would
        // wait for otherwise.
        transaction.run_script("set local idle_in_transaction_session_timeout = 0");
        try {
            run_builder(context, space, type);
        } catch (const PostgresFailure& failure) {
            context.check();
            throw Error(ErrorCode::unavailable,
                        "The vector index " + graph_name(space.id) + " could not be built (" +
                            (failure.sqlstate.empty() ? "no connection" : failure.sqlstate) +
                            "); it is tried again later.");
        }
        built = true;
    });
    return built;
}

void PostgresVectorIndexes::run_builder(const CallContext& context, const Space& space,
                                        const std::string& type) {
    ApartConnection apart(pool_, context);
    PostgresConnection& connection = apart.open();
    const std::stop_callback on_stop(context.stop, [&connection] { connection.cancel(); });
    if (pool_.options().pooler == Pooler::off) {
        // Behind a transaction pooler this would reach whoever comes next.
        connection.run_alone("set statement_timeout = 0");
    }
    if (space.broken) {
        connection.run_alone(pool_.expand("drop index concurrently if exists @S.") +
                             graph_name(space.id));
    }
    const std::string kind = type.substr(0, type.find('('));
    log::info("builds the vector index {} of {} vectors", graph_name(space.id), space.vectors);
    connection.run_alone(pool_.expand("create index concurrently if not exists " +
                                      graph_name(space.id) + " on @S.chunk_vectors using hnsw (" +
                                      graph_expression("", type) + " @V." + kind +
                                      "_cosine_ops) where space_id = " + std::to_string(space.id)));
    log::info("the vector index {} is there", graph_name(space.id));
}

}  // namespace rag::storage

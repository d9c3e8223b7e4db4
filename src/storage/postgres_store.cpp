#include "storage/postgres_store.hpp"

#include "storage/postgres_migration.hpp"
#include "storage/postgres_values.hpp"
#include "storage/postgres_vector.hpp"
#include "storage/reference_database.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

const std::string query_feed_state =
    "select (select value from @S.meta where key = 'epoch'), "
    "pg_snapshot_xmin(pg_current_snapshot())::text as xmin, "
    "coalesce((select value from @S.meta where key = 'changes_trimmed'), '-1') as trimmed";

}  // namespace

PostgresStore::PostgresStore(const CallContext& context, PostgresPool& pool) : pool_(pool) {
    if (const auto current = find_current_schema(context, pool_)) {
        may_hold_reference_ = current->may_hold_reference;
        return;
    }
    ensure_vector(context, pool_);
    migrate_postgres(context, pool_);
}

std::optional<std::string> PostgresStore::waiting_reference(const CallContext& context) {
    std::optional<std::string> sentence;
    if (!may_hold_reference_) {
        return sentence;
    }
    pool_.read(context, [&](PostgresTransaction& transaction) {
        sentence = describe_waiting_reference(transaction);
    });
    return sentence;
}

FeedPosition PostgresStore::feed_end(const CallContext& context) {
    const SqlRow row = pool_.read(context, query_feed_state).rows.at(0);
    return {read_text(row, 0), read_int(row, 1)};
}

/// A position is a horizon of transaction ids: everything below it has been read. Below the oldest
/// open transaction nothing can be added any more. A transaction's rows are never divided, so one
/// that wrote more than `limit` rows comes whole.
ChangeBatch PostgresStore::read_changes(const CallContext& context, const FeedPosition& from,
                                        std::int64_t limit) {
    const SqlRows rows = pool_.read(
        context,
        "with state as materialized (" + query_feed_state +
            "), due as (select c.* from @S.changes c, state where c.txid >= $1::xid8 and "
            "c.txid < state.xmin::xid8), last as (select txid from due order by txid, seq "
            "limit 1 offset $2::bigint - 1) "
            "select state.*, (select txid from last)::text, due.op, due.collection_id, "
            "due.document_id from state left join due on due.txid <= coalesce((select txid from "
            "last), due.txid) order by due.txid, due.seq",
        {std::to_string(std::max<std::int64_t>(from.position, 0)),
         std::to_string(std::max<std::int64_t>(limit, 1))});
    const SqlRow& first = rows.rows.at(0);
    ChangeBatch batch;
    batch.next = {read_text(first, 0), read_int(first, 1)};
    const bool too_old = from.position <= read_int(first, 2);
    if (from.epoch != batch.next.epoch || from.position > batch.next.position || too_old) {
        batch.rebuild = true;
        return batch;
    }
    if (first.at(3)) {
        batch.next.position = read_int(first, 3) + 1;
    }
    for (const SqlRow& row : rows.rows) {
        if (row.at(4)) {
            batch.changes.push_back(
                {static_cast<ChangeKind>(read_int(row, 4)), read_int(row, 5), read_int(row, 6)});
        }
    }
    return batch;
}

void PostgresStore::ping(const CallContext& context) {
    pool_.read(context, "select 1");
}

StoreStatus PostgresStore::status(const CallContext& context) {
    StoreStatus status;
    status.kind = "postgres";
    status.address = pool_.place();
    std::optional<VectorExtension> vector;
    std::optional<std::string> reference;
    pool_.read(context, [&](PostgresTransaction& transaction) {
        vector = find_vector(transaction);
        reference = describe_waiting_reference(transaction);
        const SqlRow row =
            transaction
                .run(
                    "select current_setting('server_version'), (select max(version) from "
                    "@S.schema_migrations), (select count(*) from @S.collections), (select "
                    "count(*) from @S.source_documents), (select count(*) from "
                    "@S.document_chunks), (select coalesce(sum(pg_total_relation_size(c.oid)), 0) "
                    "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = "
                    "c.relnamespace where n.nspname = $1 and c.relkind = 'r')",
                    {pool_.options().schema})
                .rows.at(0);
        status.version = read_text(row, 0);
        status.schema_version = read_int(row, 1);
        status.collection_count = read_int(row, 2);
        status.document_count = read_int(row, 3);
        status.chunk_count = read_int(row, 4);
        status.size_bytes = read_int(row, 5);
    });
    status.notes.clear();
    if (reference) {
        status.notes.push_back(*reference);
    }
    if (!vector) {
        status.notes.emplace_back("The extension vector is gone from the database.");
    } else if (!vector->has_halfvec()) {
        status.notes.push_back("pgvector is " + vector->version +
                               "; from 0.7 on, vectors take half the space.");
    }
    return status;
}

}  // namespace rag::storage

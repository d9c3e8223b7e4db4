#include "base/json.hpp"
#include "rag/error.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_store.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

constexpr std::int64_t changes_kept_min = 100'000;
constexpr std::chrono::hours changes_age_max{7 * 24};
constexpr std::int64_t trim_interval = 1000;  ///< Rows written between looks at old ones.

std::int64_t last_seq(Connection& connection) {
    Statement statement =
        connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
    return statement.step() ? statement.integer(0) : 0;
}

std::int64_t count(Connection& connection, std::string_view sql) {
    Statement statement = connection.prepare(sql);
    statement.step();
    return statement.integer(0);
}

}  // namespace

nlohmann::json read_json(const std::string& text) {
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception&) {
        throw Error(ErrorCode::corrupt, "The database holds JSON that cannot be read.");
    }
}

std::string id_list(const std::vector<std::int64_t>& ids) {
    return nlohmann::json(ids).dump();
}

void record_change(Connection& connection, Timestamp now, ChangeKind kind, CollectionId collection,
                   DocumentId document) {
    connection
        .prepare(
            "INSERT INTO changes (kind, collection_id, document_id, created_at) "
            "VALUES (?1, ?2, ?3, ?4)")
        .bind(1, static_cast<std::int64_t>(kind))
        .bind(2, collection)
        .bind(3, document)
        .bind(4, to_milliseconds(now))
        .run();
    const std::int64_t seq = connection.last_id();
    if (seq % trim_interval == 0) {
        connection.prepare("DELETE FROM changes WHERE seq <= ?1 AND created_at < ?2")
            .bind(1, seq - changes_kept_min)
            .bind(2, to_milliseconds(now - changes_age_max))
            .run();
    }
}

FeedPosition SqliteStore::feed_end(const CallContext& context) {
    FeedPosition position{database_->epoch(), 0};
    database_->read(context, [&](Connection& db) { position.position = last_seq(db); });
    return position;
}

ChangeBatch SqliteStore::read_changes(const CallContext& context, const FeedPosition& from,
                                      std::int64_t limit) {
    ChangeBatch batch;
    batch.next = {database_->epoch(), from.position};
    database_->read(context, [&](Connection& db) {
        const std::int64_t end = last_seq(db);
        const std::int64_t first =
            count(db,
                  "SELECT coalesce((SELECT min(seq) FROM changes), (SELECT seq + 1 FROM "
                  "sqlite_sequence WHERE name = 'changes'), 1)");
        if (from.epoch != database_->epoch() || from.position > end || from.position < first - 1) {
            batch.rebuild = true;
            batch.next.position = end;
            return;
        }
        Statement rows = db.prepare(
            "SELECT seq, kind, collection_id, document_id FROM changes WHERE seq > ?1 "
            "ORDER BY seq LIMIT ?2");
        rows.bind(1, from.position).bind(2, std::max<std::int64_t>(limit, 1));
        while (rows.step()) {
            batch.next.position = rows.integer(0);
            batch.changes.push_back(
                {static_cast<ChangeKind>(rows.integer(1)), rows.integer(2), rows.integer(3)});
        }
    });
    return batch;
}

void SqliteStore::ping(const CallContext& context) {
    database_->read(context, [](Connection& db) { last_seq(db); });
}

StoreStatus SqliteStore::status(const CallContext& context) {
    StoreStatus status;
    status.kind = "sqlite";
    status.address = database_->path();
    status.version = sqlite3_libversion();
    status.notes.emplace_back("The file must lie on a local disk, not on a network file system.");
    database_->read(context, [&](Connection& db) {
        status.schema_version = count(db, "SELECT max(version) FROM schema_migrations");
        status.collection_count = count(db, "SELECT count(*) FROM collections");
        status.document_count = count(db, "SELECT count(*) FROM source_documents");
        status.chunk_count = count(db, "SELECT count(*) FROM document_chunks");
        status.size_bytes = count(db, "PRAGMA page_count") * count(db, "PRAGMA page_size");
    });
    return status;
}

}  // namespace rag::storage

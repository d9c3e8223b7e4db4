#include "rag/error.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_store.hpp"

namespace rag::storage {
namespace {

constexpr std::int64_t sample_documents_max = 5;
constexpr std::int64_t crawled_urls_max = 10;

const std::string columns =
    "SELECT c.id, c.name, c.description, s.model, s.dimensions, c.created_at";
const std::string counts =
    ", (SELECT count(*) FROM collection_documents m WHERE m.collection_id = c.id), "
    "(SELECT count(*) FROM collection_documents m JOIN document_chunks k ON k.document_id = "
    "m.document_id WHERE m.collection_id = c.id)";
const std::string no_counts = ", 0, 0";
const std::string tables = " FROM collections c JOIN embedding_spaces s ON s.id = c.space_id";
const std::string by_name = " WHERE c.name = ?1";
const std::string newest_first = " ORDER BY c.created_at DESC, c.id DESC";

const std::string sql_collection = columns + counts + tables + by_name;
const std::string sql_collection_uncounted = columns + no_counts + tables + by_name;
const std::string sql_collections = columns + counts + tables + newest_first;
const std::string sql_collections_uncounted = columns + no_counts + tables + newest_first;

Collection read_collection(const Statement& row) {
    Collection collection;
    collection.id = row.integer(0);
    collection.name = row.text(1);
    collection.description = row.text(2);
    collection.space = {row.text(3), static_cast<int>(row.integer(4))};
    collection.created_at = row.time(5);
    collection.document_count = row.integer(6);
    collection.chunk_count = row.integer(7);
    return collection;
}

std::optional<Collection> select_collection(Connection& db, std::string_view name,
                                            const std::string& sql = sql_collection) {
    Statement row = db.prepare(sql);
    row.bind(1, name);
    return row.step() ? std::optional(read_collection(row)) : std::nullopt;
}

std::vector<Collection> select_collections(Connection& db, const std::string& sql) {
    std::vector<Collection> collections;
    Statement rows = db.prepare(sql);
    while (rows.step()) {
        collections.push_back(read_collection(rows));
    }
    return collections;
}

void read_crawled_urls(Connection& db, CollectionDetails& details) {
    Statement rows = db.prepare(
        "SELECT d.crawl_root_url, max(coalesce(rag_time(json_extract(d.metadata, "
        "'$.crawl_timestamp')), d.updated_at)), count(*), "
        "sum((SELECT count(*) FROM document_chunks k WHERE k.document_id = d.id)) "
        "FROM collection_documents m JOIN source_documents d ON d.id = m.document_id "
        "WHERE m.collection_id = ?1 AND d.file_type = 'web_page' AND typeof(d.crawl_root_url) = "
        "'text' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?2");
    rows.bind(1, details.collection.id).bind(2, crawled_urls_max);
    while (rows.step()) {
        details.crawled_urls.push_back(
            {rows.text(0), rows.time(1), rows.integer(2), rows.integer(3)});
    }
}

}  // namespace

std::int64_t ensure_space(Connection& db, const EmbeddingSpace& space) {
    db.prepare("INSERT OR IGNORE INTO embedding_spaces (model, dimensions) VALUES (?1, ?2)")
        .bind(1, std::string_view(space.model))
        .bind(2, std::int64_t{space.dimensions})
        .run();
    Statement row =
        db.prepare("SELECT id FROM embedding_spaces WHERE model = ?1 AND dimensions = ?2");
    row.bind(1, std::string_view(space.model)).bind(2, std::int64_t{space.dimensions});
    row.step();
    return row.integer(0);
}

Collection SqliteStore::create_collection(const CallContext& context,
                                          const NewCollection& collection) {
    Collection created;
    database_->write(context, [&](Connection& db) {
        if (select_collection(db, collection.name)) {
            throw Error(ErrorCode::conflict, "Collection '" + collection.name + "' already exists");
        }
        const Timestamp now = database_->now();
        db.prepare(
              "INSERT INTO collections (name, description, space_id, created_at) "
              "VALUES (?1, ?2, ?3, ?4)")
            .bind(1, std::string_view(collection.name))
            .bind(2, std::string_view(collection.description))
            .bind(3, ensure_space(db, collection.space))
            .bind(4, to_milliseconds(now))
            .run();
        record_change(db, now, ChangeKind::collection_changed, db.last_id(), 0);
        created = select_collection(db, collection.name).value();
    });
    return created;
}

std::optional<Collection> SqliteStore::find_collection(const CallContext& context,
                                                       std::string_view name) {
    std::optional<Collection> collection;
    database_->read(context, [&](Connection& db) { collection = select_collection(db, name); });
    return collection;
}

std::vector<Collection> SqliteStore::list_collections(const CallContext& context) {
    std::vector<Collection> collections;
    database_->read(context,
                    [&](Connection& db) { collections = select_collections(db, sql_collections); });
    return collections;
}

std::optional<Collection> SqliteStore::find_collection_uncounted(const CallContext& context,
                                                                 std::string_view name) {
    std::optional<Collection> collection;
    database_->read(context, [&](Connection& db) {
        collection = select_collection(db, name, sql_collection_uncounted);
    });
    return collection;
}

std::vector<Collection> SqliteStore::list_collections_uncounted(const CallContext& context) {
    std::vector<Collection> collections;
    database_->read(context, [&](Connection& db) {
        collections = select_collections(db, sql_collections_uncounted);
    });
    return collections;
}

bool SqliteStore::update_collection_description(const CallContext& context, std::string_view name,
                                                std::string_view description) {
    bool found = false;
    database_->write(context, [&](Connection& db) {
        const std::optional<Collection> collection = select_collection(db, name);
        found = collection.has_value();
        if (!found || collection->description == description) {
            return;
        }
        db.prepare("UPDATE collections SET description = ?2 WHERE id = ?1")
            .bind(1, collection->id)
            .bind(2, description)
            .run();
        record_change(db, database_->now(), ChangeKind::collection_changed, collection->id, 0);
    });
    return found;
}

std::optional<CollectionDetails> SqliteStore::describe_collection(const CallContext& context,
                                                                  std::string_view name) {
    std::optional<CollectionDetails> details;
    database_->read(context, [&](Connection& db) {
        const std::optional<Collection> collection = select_collection(db, name);
        if (!collection) {
            return;
        }
        details.emplace();
        details->collection = *collection;
        Statement samples = db.prepare(
            "SELECT d.filename FROM collection_documents m JOIN source_documents d ON d.id = "
            "m.document_id WHERE m.collection_id = ?1 ORDER BY d.updated_at DESC, d.id DESC "
            "LIMIT ?2");
        samples.bind(1, collection->id).bind(2, sample_documents_max);
        while (samples.step()) {
            details->sample_documents.push_back(samples.text(0));
        }
        Statement size = db.prepare(
            "SELECT coalesce(sum(octet), 0) FROM (SELECT length(CAST(d.content AS BLOB)) AS octet "
            "FROM collection_documents m JOIN source_documents d ON d.id = m.document_id WHERE "
            "m.collection_id = ?1)");
        size.bind(1, collection->id);
        size.step();
        details->size_bytes = size.integer(0);
        read_crawled_urls(db, *details);
    });
    return details;
}

std::optional<DeletedCollection> SqliteStore::delete_collection(const CallContext& context,
                                                                std::string_view name) {
    std::optional<DeletedCollection> deleted;
    database_->write(context, [&](Connection& db) {
        const std::optional<Collection> collection = select_collection(db, name);
        if (!collection) {
            return;
        }
        deleted.emplace();
        const Timestamp now = database_->now();
        std::vector<std::pair<DocumentId, bool>> documents;
        {
            Statement rows = db.prepare(
                "SELECT m.document_id, EXISTS (SELECT 1 FROM collection_documents o WHERE "
                "o.document_id = m.document_id AND o.collection_id <> m.collection_id) "
                "FROM collection_documents m WHERE m.collection_id = ?1");
            rows.bind(1, collection->id);
            while (rows.step()) {
                documents.emplace_back(rows.integer(0), rows.integer(1) != 0);
            }
        }
        for (const auto& [document, shared] : documents) {
            if (shared) {
                record_change(db, now, ChangeKind::document_deleted, collection->id, document);
                for (const CollectionId other : list_memberships(db, document)) {
                    if (other != collection->id) {
                        record_change(db, now, ChangeKind::document_changed, other, document);
                    }
                }
            } else {
                deleted->chunks_deleted += remove_document(db, now, document);
                ++deleted->documents_deleted;
            }
        }
        db.prepare("DELETE FROM collections WHERE id = ?1").bind(1, collection->id).run();
        record_change(db, now, ChangeKind::collection_changed, collection->id, 0);
    });
    return deleted;
}

}  // namespace rag::storage

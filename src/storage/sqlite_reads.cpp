#include "rag/error.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/stored_text.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

const std::string select_summaries =
    "SELECT d.id, d.filename, d.file_type, d.file_size, d.metadata, d.content_hash, d.version, "
    "d.created_at, d.updated_at, (SELECT count(*) FROM document_chunks k WHERE k.document_id = "
    "d.id), (SELECT m.identity FROM collection_documents m WHERE m.document_id = d.id AND "
    "m.identity IS NOT NULL ORDER BY m.collection_id LIMIT 1) FROM source_documents d ";

/// ?1 collections or null, ?2 whether there is a filter, ?3 it.
const std::string where_in_scope =
    "WHERE (?1 IS NULL OR EXISTS (SELECT 1 FROM collection_documents m WHERE m.document_id = "
    "d.id AND m.collection_id IN (SELECT value FROM json_each(?1)))) "
    "AND (?2 = 0 OR rag_matches(?3, d.metadata, NULL)) ";

const std::string sql_one_summary = select_summaries + "WHERE d.id = ?1";
const std::string sql_count_documents = "SELECT count(*) FROM source_documents d " + where_in_scope;
const std::string sql_page_of_documents =
    select_summaries + where_in_scope + "ORDER BY d.updated_at DESC, d.id DESC LIMIT ?4 OFFSET ?5";

std::optional<std::string> text_or_null(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.text(column));
}

DocumentSummary read_summary(Connection& db, const Statement& row) {
    DocumentSummary summary;
    summary.id = row.integer(0);
    summary.filename = row.text(1);
    summary.file_type = row.text(2);
    summary.file_size = row.integer(3);
    summary.metadata = read_json(row.text(4));
    summary.content_hash = row.text(5);
    summary.version = row.integer(6);
    summary.created_at = row.time(7);
    summary.updated_at = row.time(8);
    summary.chunk_count = row.integer(9);
    summary.identity = text_or_null(row, 10);
    summary.collections = list_collection_names(db, summary.id);
    return summary;
}

std::optional<DocumentSummary> select_summary(Connection& db, DocumentId id) {
    Statement row = db.prepare(sql_one_summary);
    row.bind(1, id);
    return row.step() ? std::optional(read_summary(db, row)) : std::nullopt;
}

std::optional<Document> select_document(Connection& db, DocumentId id) {
    const std::optional<DocumentSummary> summary = select_summary(db, id);
    if (!summary) {
        return std::nullopt;
    }
    Document document;
    document.id = summary->id;
    document.filename = summary->filename;
    document.file_type = summary->file_type;
    document.file_size = summary->file_size;
    document.metadata = summary->metadata;
    document.content_hash = summary->content_hash;
    document.identity = summary->identity;
    document.version = summary->version;
    document.created_at = summary->created_at;
    document.updated_at = summary->updated_at;
    document.collections = summary->collections;
    Statement row = db.prepare(
        "SELECT content, 1 + (SELECT count(*) FROM document_versions v WHERE v.document_id = "
        "d.id) FROM source_documents d WHERE id = ?1");
    row.bind(1, id);
    row.step();
    document.content = row.text(0);
    document.versions = row.integer(1);
    return document;
}

/// Puts an earlier version in place of the present one; false when it is not kept.
bool go_back(Connection& db, Document& document, std::int64_t version) {
    Statement row = db.prepare(
        "SELECT filename, content_hash, file_size, metadata, content FROM document_versions "
        "WHERE document_id = ?1 AND version = ?2");
    row.bind(1, document.id).bind(2, version);
    if (!row.step()) {
        return false;
    }
    document.filename = row.text(0);
    document.content_hash = row.text(1);
    document.file_size = row.integer(2);
    document.metadata = read_json(row.text(3));
    document.content = row.text(4);
    document.version = version;
    return true;
}

void bind_scope(Statement& statement, const DocumentQuery& query,
                const std::optional<std::string>& collections) {
    statement.bind(1, collections).bind(2, std::int64_t{query.filter.empty() ? 0 : 1});
    statement.bind_filter(3, query.filter);
}

}  // namespace

std::optional<DocumentSummary> SqliteStore::find_document(const CallContext& context,
                                                          DocumentId id) {
    std::optional<DocumentSummary> summary;
    database_->read(context, [&](Connection& db) { summary = select_summary(db, id); });
    return summary;
}

std::optional<DocumentSummary> SqliteStore::find_by_identity(const CallContext& context,
                                                             CollectionId collection,
                                                             std::string_view identity) {
    std::optional<DocumentSummary> summary;
    database_->read(context, [&](Connection& db) {
        Statement row = db.prepare(
            "SELECT document_id FROM collection_documents WHERE "
            "collection_id = ?1 AND identity = ?2");
        row.bind(1, collection).bind(2, identity);
        if (row.step()) {
            summary = select_summary(db, row.integer(0));
        }
    });
    return summary;
}

std::optional<DocumentSummary> SqliteStore::find_newest_text(const CallContext& context,
                                                             CollectionId collection,
                                                             std::string_view title) {
    std::optional<DocumentSummary> summary;
    database_->read(context, [&](Connection& db) {
        Statement row = db.prepare(
            "SELECT d.id FROM collection_documents m JOIN source_documents d ON d.id = "
            "m.document_id WHERE m.collection_id = ?1 AND d.filename = ?2 AND d.file_type = "
            "'text' ORDER BY d.created_at DESC, d.id DESC LIMIT 1");
        row.bind(1, collection).bind(2, title);
        if (row.step()) {
            summary = select_summary(db, row.integer(0));
        }
    });
    return summary;
}

std::optional<Document> SqliteStore::get_document(const CallContext& context, DocumentId id,
                                                  std::optional<std::int64_t> version) {
    std::optional<Document> document;
    database_->read(context, [&](Connection& db) {
        document = select_document(db, id);
        if (document && version && *version != document->version &&
            !go_back(db, *document, *version)) {
            document.reset();
        }
    });
    return document;
}

std::vector<Chunk> SqliteStore::get_chunks(const CallContext& context, DocumentId id,
                                           std::int64_t first, std::int64_t count) {
    std::vector<Chunk> chunks;
    if (count <= 0) {
        return chunks;
    }
    const std::int64_t end = first > INT64_MAX - count ? INT64_MAX : first + count;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(
            "SELECT id, document_id, chunk_index, content, char_start, char_end, heading_path, "
            "metadata FROM document_chunks WHERE document_id = ?1 AND chunk_index >= ?2 AND "
            "chunk_index < ?3 ORDER BY chunk_index");
        rows.bind(1, id).bind(2, first).bind(3, end);
        while (rows.step()) {
            chunks.push_back(read_chunk(rows));
        }
    });
    return chunks;
}

Chunk read_chunk(const Statement& row) {
    Chunk chunk;
    chunk.id = row.integer(0);
    chunk.document_id = row.integer(1);
    chunk.chunk_index = row.integer(2);
    chunk.content = row.text(3);
    if (!row.is_null(4)) {
        chunk.char_start = row.integer(4);
    }
    if (!row.is_null(5)) {
        chunk.char_end = row.integer(5);
    }
    chunk.heading_path = row.text(6);
    chunk.metadata = read_json(row.text(7));
    return chunk;
}

DocumentPage SqliteStore::list_documents(const CallContext& context, const DocumentQuery& query) {
    DocumentPage page;
    std::optional<std::string> collections;
    if (query.collections) {
        collections = id_list(*query.collections);
    }
    database_->read(context, [&](Connection& db) {
        {
            Statement total = db.prepare(sql_count_documents);
            bind_scope(total, query, collections);
            total.step();
            page.total_count = total.integer(0);
        }
        Statement rows = db.prepare(sql_page_of_documents);
        bind_scope(rows, query, collections);
        rows.bind(4, std::max<std::int64_t>(query.limit, 0));
        rows.bind(5, std::max<std::int64_t>(query.offset, 0));
        while (rows.step()) {
            page.documents.push_back(read_summary(db, rows));
        }
    });
    return page;
}

std::vector<DocumentVersion> SqliteStore::list_versions(const CallContext& context, DocumentId id) {
    std::vector<DocumentVersion> versions;
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(
            "SELECT version, content_hash, file_size, created_at, 0 FROM document_versions WHERE "
            "document_id = ?1 UNION ALL SELECT version, content_hash, file_size, content_at, 1 "
            "FROM source_documents WHERE id = ?1 ORDER BY 1");
        rows.bind(1, id);
        while (rows.step()) {
            versions.push_back({rows.integer(0), rows.text(1), rows.integer(2), rows.time(3),
                                rows.integer(4) != 0});
        }
    });
    return versions;
}

std::vector<IdentifiedDocument> SqliteStore::list_identities(const CallContext& context,
                                                             CollectionId collection,
                                                             std::string_view prefix) {
    std::vector<IdentifiedDocument> documents;
    const std::string stored_prefix = to_stored_text(prefix);
    database_->read(context, [&](Connection& db) {
        Statement rows = db.prepare(
            "SELECT d.id, m.identity, d.content_hash FROM collection_documents m JOIN "
            "source_documents d ON d.id = m.document_id WHERE m.collection_id = ?1 AND m.identity "
            ">= ?2 ORDER BY m.identity");
        rows.bind(1, collection).bind(2, std::string_view(stored_prefix));
        while (rows.step()) {
            IdentifiedDocument document{rows.integer(0), rows.text(1), rows.text(2)};
            // All that begin with the prefix stand together, right after it.
            if (!document.identity.starts_with(stored_prefix)) {
                break;
            }
            documents.push_back(std::move(document));
        }
    });
    return documents;
}

}  // namespace rag::storage

#include "rag/error.hpp"
#include "storage/sqlite_chunks.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/stored_text.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

/// What an update needs to know of the document that is there.
struct Present {
    std::string filename;
    std::string content_hash;
    std::int64_t version = 1;
    Metadata metadata = Metadata::object();
};

std::optional<DocumentId> find_identity(Connection& db, CollectionId collection,
                                        std::string_view identity) {
    Statement row = db.prepare(
        "SELECT document_id FROM collection_documents WHERE collection_id = ?1 AND identity = ?2");
    row.bind(1, collection).bind(2, identity);
    return row.step() ? std::optional(row.integer(0)) : std::nullopt;
}

DocumentId insert_document(Connection& db, const NewDocument& document, std::int64_t now) {
    const std::string metadata = to_stored_json(document.metadata);
    db.prepare(
          "INSERT INTO source_documents (filename, file_type, file_size, metadata, "
          "content_hash, version, created_at, updated_at, content_at, content) "
          "VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?6, ?7)")
        .bind(1, std::string_view(document.filename))
        .bind(2, std::string_view(document.file_type))
        .bind(3, document.file_size)
        .bind(4, std::string_view(metadata))
        .bind(5, std::string_view(document.content_hash))
        .bind(6, now)
        .bind(7, std::string_view(document.content))
        .run();
    const DocumentId id = db.last_id();
    db.prepare(
          "INSERT INTO collection_documents (collection_id, document_id, identity) "
          "VALUES (?1, ?2, ?3)")
        .bind(1, document.collection)
        .bind(2, id)
        .bind(3, document.identity)
        .run();
    return id;
}

void require_collection(Connection& db, CollectionId collection) {
    Statement row = db.prepare("SELECT 1 FROM collections WHERE id = ?1");
    row.bind(1, collection);
    if (!row.step()) {
        throw Error(ErrorCode::not_found, "The collection is not there any more; create it again.");
    }
}

Present read_present(Connection& db, DocumentId id) {
    Statement row = db.prepare(
        "SELECT filename, content_hash, version, metadata FROM "
        "source_documents WHERE id = ?1");
    row.bind(1, id);
    if (!row.step()) {
        throw Error(ErrorCode::not_found, "Document " + std::to_string(id) + " not found");
    }
    return {row.text(0), row.text(1), row.integer(2), read_json(row.text(3))};
}

void replace_content(Connection& db, DocumentId id, const ContentChange& content,
                     std::int64_t version, std::int64_t now) {
    db.prepare(
          "INSERT INTO document_versions (document_id, version, filename, content_hash, "
          "file_size, metadata, created_at, content) SELECT id, version, filename, "
          "content_hash, file_size, metadata, content_at, content FROM source_documents "
          "WHERE id = ?1")
        .bind(1, id)
        .run();
    db.prepare(
          "UPDATE source_documents SET content = ?2, content_hash = ?3, file_size = ?4, "
          "version = ?5, content_at = ?6 WHERE id = ?1")
        .bind(1, id)
        .bind(2, std::string_view(content.content))
        .bind(3, std::string_view(content.content_hash))
        .bind(4, content.file_size)
        .bind(5, version)
        .bind(6, now)
        .run();
    db.prepare("DELETE FROM document_versions WHERE document_id = ?1 AND version <= ?2")
        .bind(1, id)
        .bind(2, version - document_versions_kept)
        .run();
}

/// Whether any collection's row of the document changed.
bool replace_identity(Connection& db, DocumentId id, const std::string& identity) {
    bool changed = false;
    for (const CollectionId collection : list_memberships(db, id)) {
        const std::optional<DocumentId> holder = find_identity(db, collection, identity);
        if (holder && *holder == id) {
            continue;
        }
        db.prepare(
              "UPDATE collection_documents SET identity = ?3 WHERE collection_id = ?1 AND "
              "document_id = ?2 AND identity IS NOT ?3")
            .bind(1, collection)
            .bind(2, id)
            .bind(3, holder ? std::optional<std::string>() : std::optional(identity))
            .run();
        changed = changed || db.changed_rows() > 0;
    }
    return changed;
}

struct UpdatePlan {
    bool content = false;
    bool filename = false;
    bool metadata = false;
    bool chunks = false;
    Metadata merged = Metadata::object();
};

UpdatePlan plan_update(const Present& present, const DocumentUpdate& update) {
    UpdatePlan plan;
    plan.content = update.content && update.content->content_hash != present.content_hash;
    plan.filename = update.filename && to_stored_text(*update.filename) != present.filename;
    plan.merged = present.metadata;
    if (update.metadata) {
        plan.merged = effective_metadata(present.metadata, to_stored_value(*update.metadata));
        plan.metadata = plan.merged != present.metadata;
    }
    // Chunks alone are a re-chunking; with a title or content that is there already, no change.
    plan.chunks =
        update.chunks && (plan.content || plan.filename || (!update.content && !update.filename));
    return plan;
}

void write_fields(Connection& db, DocumentId id, const UpdatePlan& plan,
                  const DocumentUpdate& update) {
    if (plan.filename) {
        db.prepare("UPDATE source_documents SET filename = ?2 WHERE id = ?1")
            .bind(1, id)
            .bind(2, std::string_view(*update.filename))
            .run();
    }
    if (plan.metadata) {
        const std::string metadata = to_stored_json(plan.merged);
        db.prepare("UPDATE source_documents SET metadata = ?2 WHERE id = ?1")
            .bind(1, id)
            .bind(2, std::string_view(metadata))
            .run();
    }
}

void check_expected(DocumentId id, const Present& present, const DocumentUpdate& update) {
    const bool version = update.expected_version.value_or(present.version) == present.version;
    const bool filename =
        !update.expected_filename || to_stored_text(*update.expected_filename) == present.filename;
    if (!version || !filename) {
        throw Error(ErrorCode::conflict, "Document " + std::to_string(id) +
                                             " was changed meanwhile; read it and try again.");
    }
}

/// `ready` are the update's chunks, analysed with what the filename was expected to be.
DocumentUpdated update_inside(Connection& db, Timestamp now, DocumentId id,
                              const DocumentUpdate& update, const ReadyChunks& ready) {
    const Present present = read_present(db, id);
    check_expected(id, present, update);
    const UpdatePlan plan = plan_update(present, update);
    DocumentUpdated updated;
    updated.version = present.version;
    updated.chunk_ids = list_chunk_ids(db, id);
    updated.old_chunk_count = static_cast<std::int64_t>(updated.chunk_ids.size());
    if (plan.content) {
        replace_content(db, id, *update.content, ++updated.version, to_milliseconds(now));
    }
    write_fields(db, id, plan, update);
    if (plan.chunks) {
        remove_chunks(db, id);
        const std::string filename =
            plan.filename ? to_stored_text(*update.filename) : present.filename;
        // Renamed since: rare, and then worth the time that the transaction takes longer.
        updated.chunk_ids =
            insert_chunks(db, id,
                          filename == ready.filename ? ready.chunks
                                                     : make_ready(filename, *update.chunks).chunks);
    }
    updated.new_chunk_count = static_cast<std::int64_t>(updated.chunk_ids.size());
    const bool identity = update.identity && replace_identity(db, id, *update.identity);
    updated.changed = plan.content || plan.filename || plan.metadata || plan.chunks || identity;
    if (updated.changed) {
        db.prepare("UPDATE source_documents SET updated_at = max(updated_at, ?2) WHERE id = ?1")
            .bind(1, id)
            .bind(2, to_milliseconds(now))
            .run();
        for (const CollectionId collection : list_memberships(db, id)) {
            record_change(db, now, ChangeKind::document_changed, collection, id);
        }
    }
    return updated;
}

}  // namespace

std::vector<CollectionId> list_memberships(Connection& db, DocumentId document) {
    std::vector<CollectionId> collections;
    Statement rows = db.prepare(
        "SELECT collection_id FROM collection_documents WHERE "
        "document_id = ?1 ORDER BY collection_id");
    rows.bind(1, document);
    while (rows.step()) {
        collections.push_back(rows.integer(0));
    }
    return collections;
}

std::vector<std::string> list_collection_names(Connection& db, DocumentId document) {
    std::vector<std::string> names;
    Statement rows = db.prepare(
        "SELECT c.name FROM collection_documents m JOIN collections c ON "
        "c.id = m.collection_id WHERE m.document_id = ?1 ORDER BY c.name");
    rows.bind(1, document);
    while (rows.step()) {
        names.push_back(rows.text(0));
    }
    return names;
}

std::int64_t remove_document(Connection& db, Timestamp now, DocumentId document) {
    for (const CollectionId collection : list_memberships(db, document)) {
        record_change(db, now, ChangeKind::document_deleted, collection, document);
    }
    const std::int64_t chunks = remove_chunks(db, document);
    db.prepare("DELETE FROM source_documents WHERE id = ?1").bind(1, document).run();
    return chunks;
}

DocumentAdded SqliteStore::add_document(const CallContext& context, const NewDocument& document) {
    const ReadyChunks ready = make_ready(to_stored_text(document.filename), document.chunks);
    DocumentAdded result;
    database_->write(context, [&](Connection& db) {
        require_collection(db, document.collection);
        if (document.identity) {
            if (const auto there = find_identity(db, document.collection, *document.identity)) {
                result = {false, *there, {}};
                return;
            }
        }
        const Timestamp now = database_->now();
        result.id = insert_document(db, document, to_milliseconds(now));
        result.chunk_ids = insert_chunks(db, result.id, ready.chunks);
        result.added = true;
        record_change(db, now, ChangeKind::document_changed, document.collection, result.id);
    });
    return result;
}

DocumentUpdated SqliteStore::update_document(const CallContext& context, DocumentId id,
                                             const DocumentUpdate& update) {
    ReadyChunks ready;
    if (update.chunks) {
        std::string filename;
        if (update.filename) {
            filename = to_stored_text(*update.filename);
        } else {
            database_->read(context,
                            [&](Connection& db) { filename = read_present(db, id).filename; });
        }
        ready = make_ready(filename, *update.chunks);
    }
    DocumentUpdated updated;
    database_->write(context, [&](Connection& db) {
        updated = update_inside(db, database_->now(), id, update, ready);
    });
    return updated;
}

std::optional<DeletedDocument> SqliteStore::delete_document(const CallContext& context,
                                                            DocumentId id) {
    std::optional<DeletedDocument> deleted;
    database_->write(context, [&](Connection& db) {
        {
            Statement row = db.prepare("SELECT filename FROM source_documents WHERE id = ?1");
            row.bind(1, id);
            if (!row.step()) {
                return;
            }
            deleted.emplace();
            deleted->filename = row.text(0);
        }
        deleted->collections = list_collection_names(db, id);
        deleted->chunks_deleted = remove_document(db, database_->now(), id);
    });
    return deleted;
}

}  // namespace rag::storage

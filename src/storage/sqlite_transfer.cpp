#include "storage/sqlite_transfer.hpp"

#include "rag/error.hpp"
#include "storage/moved_document.hpp"
#include "storage/sqlite_chunks.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_vectors.hpp"
#include "storage/stored_text.hpp"

namespace rag::storage {
namespace {

std::optional<std::string> text_or_null(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.text(column));
}

std::optional<std::int64_t> integer_or_null(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

std::optional<CollectionId> find_collection(Connection& db, const std::string& name) {
    Statement row = db.prepare("SELECT id FROM collections WHERE name = ?1");
    row.bind(1, std::string_view(name));
    return row.step() ? std::optional(row.integer(0)) : std::nullopt;
}

CollectionId require_collection(Connection& db, const std::string& name) {
    const std::optional<CollectionId> id = find_collection(db, name);
    if (!id) {
        throw Error(ErrorCode::not_found, "Collection '" + name + "' not found");
    }
    return *id;
}

// Reading ----------------------------------------------------------------------------------------

std::vector<MovedCollection> read_collections(Connection& db, const TransferScope& scope) {
    std::vector<MovedCollection> collections;
    Statement rows = db.prepare(
        "SELECT c.name, c.description, s.model, s.dimensions, c.created_at FROM collections c "
        "JOIN embedding_spaces s ON s.id = c.space_id WHERE ?1 IS NULL OR c.name = ?1 "
        "ORDER BY c.id");
    rows.bind(1, scope.collection);
    while (rows.step()) {
        collections.push_back({rows.text(0),
                               rows.text(1),
                               {rows.text(2), static_cast<int>(rows.integer(3))},
                               rows.time(4)});
    }
    return collections;
}

std::vector<DocumentId> list_documents(Connection& db, std::optional<CollectionId> collection,
                                       DocumentId after) {
    std::vector<DocumentId> ids;
    Statement rows = db.prepare(
        "SELECT id FROM source_documents d WHERE id > ?2 AND (?1 = 0 OR EXISTS (SELECT 1 FROM "
        "collection_documents m WHERE m.document_id = d.id AND m.collection_id = ?1)) ORDER BY id");
    rows.bind(1, collection.value_or(0)).bind(2, after);
    while (rows.step()) {
        ids.push_back(rows.integer(0));
    }
    return ids;
}

void read_memberships(Connection& db, DocumentId id, const TransferScope& scope,
                      MovedDocument& document) {
    Statement rows = db.prepare(
        "SELECT c.name, m.identity FROM collection_documents m JOIN collections c ON c.id = "
        "m.collection_id WHERE m.document_id = ?1 AND (?2 IS NULL OR c.name = ?2) "
        "ORDER BY c.name");
    rows.bind(1, id).bind(2, scope.collection);
    while (rows.step()) {
        document.memberships.push_back({rows.text(0), text_or_null(rows, 1)});
    }
}

void read_versions(Connection& db, DocumentId id, MovedDocument& document) {
    Statement rows = db.prepare(
        "SELECT version, filename, content, file_size, metadata, content_hash, created_at FROM "
        "document_versions WHERE document_id = ?1 ORDER BY version");
    rows.bind(1, id);
    while (rows.step()) {
        document.versions.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.integer(3),
                                     read_json(rows.text(4)), rows.text(5), rows.time(6)});
    }
}

std::vector<SpaceVector> read_vectors(Connection& db, ChunkId chunk) {
    std::vector<SpaceVector> vectors;
    Statement rows = db.prepare(
        "SELECT s.model, s.dimensions, v.scale, v.codes FROM vectors v JOIN embedding_spaces s "
        "ON s.id = v.space_id WHERE v.chunk_id = ?1 ORDER BY s.model, s.dimensions");
    rows.bind(1, chunk);
    while (rows.step()) {
        const std::int64_t size = rows.integer(1);
        vectors.push_back(
            {{rows.text(0), static_cast<int>(size)},
             decode_vector(rows.real(2), rows.blob(3), static_cast<std::size_t>(size))});
    }
    return vectors;
}

void read_chunks(Connection& db, DocumentId id, const TransferScope& scope,
                 MovedDocument& document) {
    Statement rows = db.prepare(
        "SELECT id, content, char_start, char_end, heading_path, metadata FROM document_chunks "
        "WHERE document_id = ?1 ORDER BY chunk_index");
    rows.bind(1, id);
    while (rows.step()) {
        document.chunks.push_back(
            {rows.text(1), integer_or_null(rows, 2), integer_or_null(rows, 3), rows.text(4),
             read_json(rows.text(5)),
             scope.vectors ? read_vectors(db, rows.integer(0)) : std::vector<SpaceVector>{}});
    }
}

MovedDocument read_document(Connection& db, DocumentId id, const TransferScope& scope) {
    MovedDocument document;
    Statement row = db.prepare(
        "SELECT filename, content, file_type, file_size, metadata, content_hash, version, "
        "content_at, created_at, updated_at FROM source_documents WHERE id = ?1");
    row.bind(1, id);
    if (!row.step()) {
        throw Error(ErrorCode::corrupt, "The database lost a document within a transaction.");
    }
    document.filename = row.text(0);
    document.content = row.text(1);
    document.file_type = row.text(2);
    document.file_size = row.integer(3);
    document.metadata = read_json(row.text(4));
    document.content_hash = row.text(5);
    document.version = row.integer(6);
    document.content_at = row.time(7);
    document.created_at = row.time(8);
    document.updated_at = row.time(9);
    read_memberships(db, id, scope, document);
    read_versions(db, id, document);
    read_chunks(db, id, scope, document);
    return document;
}

// Writing ----------------------------------------------------------------------------------------

/// A document that is there already under one of the identities, or without any.
std::optional<DocumentId> find_known(Connection& db, const MovedDocument& document) {
    bool identified = false;
    for (const MovedMembership& membership : document.memberships) {
        if (!membership.identity) {
            continue;
        }
        identified = true;
        Statement row = db.prepare(
            "SELECT document_id FROM collection_documents WHERE collection_id = ?1 AND identity = "
            "?2");
        row.bind(1, require_collection(db, membership.collection))
            .bind(2, std::string_view(*membership.identity));
        if (row.step()) {
            return row.integer(0);
        }
    }
    if (identified) {
        return std::nullopt;
    }
    Statement row = db.prepare(
        "SELECT d.id FROM source_documents d JOIN collection_documents m ON m.document_id = d.id "
        "WHERE m.collection_id = ?1 AND d.content_hash = ?2 AND d.filename = ?3 AND d.created_at = "
        "?4");
    const std::string filename = to_stored_text(document.filename);
    row.bind(1, require_collection(db, document.memberships.at(0).collection))
        .bind(2, std::string_view(document.content_hash))
        .bind(3, std::string_view(filename))
        .bind(4, to_milliseconds(document.created_at));
    return row.step() ? std::optional(row.integer(0)) : std::nullopt;
}

bool has_content(Connection& db, DocumentId id, const ContentHash& hash) {
    Statement row = db.prepare("SELECT content_hash = ?2 FROM source_documents WHERE id = ?1");
    row.bind(1, id).bind(2, std::string_view(hash));
    return row.step() && row.integer(0) != 0;
}

DocumentId insert_document(Connection& db, const MovedDocument& document) {
    const std::string metadata = to_stored_json(document.metadata);
    db.prepare(
          "INSERT INTO source_documents (filename, file_type, file_size, metadata, content_hash, "
          "version, created_at, updated_at, content_at, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
          "?7, ?8, ?9, ?10)")
        .bind(1, std::string_view(document.filename))
        .bind(2, std::string_view(document.file_type))
        .bind(3, document.file_size)
        .bind(4, std::string_view(metadata))
        .bind(5, std::string_view(document.content_hash))
        .bind(6, document.version)
        .bind(7, to_milliseconds(document.created_at))
        .bind(8, to_milliseconds(document.updated_at))
        .bind(9, to_milliseconds(document.content_at))
        .bind(10, std::string_view(document.content))
        .run();
    return db.last_id();
}

void insert_memberships(Connection& db, DocumentId id, const MovedDocument& document) {
    for (const MovedMembership& membership : document.memberships) {
        db.prepare(
              "INSERT INTO collection_documents (collection_id, document_id, identity) VALUES (?1, "
              "?2, ?3)")
            .bind(1, require_collection(db, membership.collection))
            .bind(2, id)
            .bind(3, membership.identity)
            .run();
    }
}

void insert_versions(Connection& db, DocumentId id, const MovedDocument& document) {
    for (const MovedVersion& version : document.versions) {
        const std::string metadata = to_stored_json(version.metadata);
        db.prepare(
              "INSERT INTO document_versions (document_id, version, filename, content_hash, "
              "file_size, metadata, created_at, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .bind(1, id)
            .bind(2, version.version)
            .bind(3, std::string_view(version.filename))
            .bind(4, std::string_view(version.content_hash))
            .bind(5, version.file_size)
            .bind(6, std::string_view(metadata))
            .bind(7, to_milliseconds(version.created_at))
            .bind(8, std::string_view(version.content))
            .run();
    }
}

void insert_moved_chunks(Connection& db, DocumentId id, const MovedDocument& document,
                         const ReadyChunks& ready) {
    const std::vector<ChunkId> ids = insert_chunks(db, id, ready.chunks);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const MovedChunk& chunk = document.chunks[i];
        if (!chunk.char_start || !chunk.char_end) {
            db.prepare(
                  "UPDATE document_chunks SET char_start = NULL, char_end = NULL WHERE id = ?1")
                .bind(1, ids[i])
                .run();
        }
        for (const SpaceVector& vector : chunk.vectors) {
            insert_vector(db, ids[i], ensure_space(db, vector.space), encode_vector(vector.vector));
        }
    }
}

}  // namespace

void SqliteTransfer::read(const CallContext& context, const TransferScope& scope,
                          const TransferSink& sink) {
    database_->read(context, [&](Connection& db) {
        std::optional<CollectionId> collection;
        if (scope.collection) {
            collection = require_collection(db, *scope.collection);
        }
        const std::vector<MovedCollection> collections = read_collections(db, scope);
        const std::vector<DocumentId> documents = list_documents(db, collection, scope.after);
        sink.begin(static_cast<std::int64_t>(collections.size()),
                   static_cast<std::int64_t>(documents.size()));
        for (const MovedCollection& one : collections) {
            sink.collection(one);
        }
        for (const DocumentId id : documents) {
            context.check();
            if (!sink.document(id, read_document(db, id, scope))) {
                return;
            }
        }
    });
}

Arrival SqliteTransfer::put(const CallContext& context, const MovedCollection& collection) {
    Arrival arrival = Arrival::known;
    database_->write(context, [&](Connection& db) {
        const std::int64_t space = ensure_space(db, collection.space);
        {
            Statement row = db.prepare("SELECT space_id FROM collections WHERE name = ?1");
            row.bind(1, std::string_view(collection.name));
            if (row.step()) {
                if (row.integer(0) != space) {
                    throw_other_space(collection);
                }
                return;
            }
        }
        db.prepare(
              "INSERT INTO collections (name, description, space_id, created_at) VALUES (?1, ?2, "
              "?3, ?4)")
            .bind(1, std::string_view(collection.name))
            .bind(2, std::string_view(collection.description))
            .bind(3, space)
            .bind(4, to_milliseconds(collection.created_at))
            .run();
        record_change(db, database_->now(), ChangeKind::collection_changed, db.last_id(), 0);
        arrival = Arrival::added;
    });
    return arrival;
}

Arrival SqliteTransfer::put(const CallContext& context, const MovedDocument& document) {
    const std::vector<NewChunk> chunks = chunks_without_vectors(document);
    const ReadyChunks ready = make_ready(to_stored_text(document.filename), chunks);
    Arrival arrival = Arrival::added;
    database_->write(context, [&](Connection& db) {
        if (const auto known = find_known(db, document)) {
            arrival = has_content(db, *known, document.content_hash) ? Arrival::known
                                                                     : Arrival::differing;
            return;
        }
        arrival = Arrival::added;
        const DocumentId id = insert_document(db, document);
        insert_memberships(db, id, document);
        insert_versions(db, id, document);
        insert_moved_chunks(db, id, document, ready);
        for (const CollectionId collection : list_memberships(db, id)) {
            record_change(db, database_->now(), ChangeKind::document_changed, collection, id);
        }
    });
    return arrival;
}

}  // namespace rag::storage

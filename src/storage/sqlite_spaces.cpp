#include "storage/sqlite_spaces.hpp"

#include "rag/error.hpp"
#include "storage/sqlite_chunks.hpp"
#include "storage/sqlite_rows.hpp"

namespace rag::storage {
namespace {

std::vector<DocumentId> list_missing(Connection& db, CollectionId collection, std::int64_t space,
                                     DocumentId after, std::int64_t limit) {
    std::vector<DocumentId> documents;
    Statement rows = db.prepare(
        "SELECT DISTINCT m.document_id FROM collection_documents m JOIN document_chunks k ON "
        "k.document_id = m.document_id WHERE m.collection_id = ?1 AND m.document_id > ?2 AND NOT "
        "EXISTS (SELECT 1 FROM vectors v WHERE v.chunk_id = k.id AND v.space_id = ?3) ORDER BY 1 "
        "LIMIT ?4");
    rows.bind(1, collection).bind(2, after).bind(3, space).bind(4, limit);
    while (rows.step()) {
        documents.push_back(rows.integer(0));
    }
    return documents;
}

/// 0, which no space has, for one that is not there.
std::int64_t find_space_id(Connection& db, const EmbeddingSpace& space) {
    Statement row =
        db.prepare("SELECT id FROM embedding_spaces WHERE model = ?1 AND dimensions = ?2");
    row.bind(1, std::string_view(space.model)).bind(2, std::int64_t{space.dimensions});
    return row.step() ? row.integer(0) : 0;
}

bool takes_vector(Connection& db, DocumentId document, ChunkId chunk, std::int64_t space) {
    Statement row = db.prepare(
        "SELECT 1 FROM document_chunks k WHERE k.id = ?1 AND k.document_id = ?2 AND NOT EXISTS "
        "(SELECT 1 FROM vectors v WHERE v.chunk_id = k.id AND v.space_id = ?3)");
    row.bind(1, chunk).bind(2, document).bind(3, space);
    return row.step();
}

void record_document(Connection& db, Timestamp now, DocumentId document) {
    for (const CollectionId collection : list_memberships(db, document)) {
        record_change(db, now, ChangeKind::document_changed, collection, document);
    }
}

std::vector<DocumentId> list_unbound(Connection& db, CollectionId collection, std::int64_t space,
                                     std::int64_t limit) {
    std::vector<DocumentId> documents;
    Statement rows = db.prepare(
        "SELECT DISTINCT m.document_id FROM collection_documents m JOIN document_chunks k ON "
        "k.document_id = m.document_id JOIN vectors v ON v.chunk_id = k.id AND v.space_id = ?2 "
        "WHERE m.collection_id = ?1 AND NOT EXISTS (SELECT 1 FROM collection_documents o JOIN "
        "collections c ON c.id = o.collection_id WHERE o.document_id = m.document_id AND "
        "c.space_id = ?2) ORDER BY 1 LIMIT ?3");
    rows.bind(1, collection).bind(2, space).bind(3, limit);
    while (rows.step()) {
        documents.push_back(rows.integer(0));
    }
    return documents;
}

}  // namespace

std::vector<DocumentId> SqliteSpaces::list_without_vectors(const CallContext& context,
                                                           CollectionId collection,
                                                           const EmbeddingSpace& space,
                                                           DocumentId after, std::int64_t limit) {
    std::vector<DocumentId> documents;
    database_->read(context, [&](Connection& db) {
        documents = list_missing(db, collection, find_space_id(db, space), after, limit);
    });
    return documents;
}

std::int64_t SqliteSpaces::add_vectors(const CallContext& context, DocumentId document,
                                       const EmbeddingSpace& space,
                                       std::span<const ChunkVector> vectors) {
    std::vector<VectorCodes> codes;
    codes.reserve(vectors.size());
    for (const ChunkVector& one : vectors) {
        if (one.vector.size() != static_cast<std::size_t>(space.dimensions)) {
            throw Error(ErrorCode::invalid_argument,
                        "A vector has " + std::to_string(one.vector.size()) + " dimensions, '" +
                            space.model + "' gives " + std::to_string(space.dimensions) + '.');
        }
        codes.push_back(encode_vector(one.vector));
    }
    std::int64_t written = 0;
    database_->write(context, [&](Connection& db) {
        written = 0;
        const std::int64_t id = ensure_space(db, space);
        for (std::size_t i = 0; i < vectors.size(); ++i) {
            if (takes_vector(db, document, vectors[i].chunk, id)) {
                insert_vector(db, vectors[i].chunk, id, codes[i]);
                ++written;
            }
        }
        if (written > 0) {
            record_document(db, database_->now(), document);
        }
    });
    return written;
}

bool SqliteSpaces::bind_space(const CallContext& context, CollectionId collection,
                              const EmbeddingSpace& space) {
    bool bound = false;
    database_->write(context, [&](Connection& db) {
        const std::int64_t id = ensure_space(db, space);
        bound = list_missing(db, collection, id, 0, 1).empty();
        if (!bound) {
            return;
        }
        db.prepare("UPDATE collections SET space_id = ?2 WHERE id = ?1")
            .bind(1, collection)
            .bind(2, id)
            .run();
        if (db.changed_rows() == 0) {
            throw Error(ErrorCode::not_found, "The collection is not there any more.");
        }
        record_change(db, database_->now(), ChangeKind::collection_changed, collection, 0);
    });
    return bound;
}

std::int64_t SqliteSpaces::remove_vectors(const CallContext& context, CollectionId collection,
                                          const EmbeddingSpace& space, std::int64_t limit) {
    std::int64_t removed = 0;
    database_->write(context, [&](Connection& db) {
        removed = 0;
        const std::int64_t id = find_space_id(db, space);
        for (const DocumentId document : list_unbound(db, collection, id, limit)) {
            db.prepare(
                  "DELETE FROM vectors WHERE space_id = ?2 AND chunk_id IN (SELECT id FROM "
                  "document_chunks WHERE document_id = ?1)")
                .bind(1, document)
                .bind(2, id)
                .run();
            removed += db.changed_rows();
            record_document(db, database_->now(), document);
        }
    });
    return removed;
}

}  // namespace rag::storage

#include "storage/sqlite_chunks.hpp"

#include "rag/error.hpp"
#include "storage/embedding_check.hpp"
#include "storage/stored_text.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace rag::storage {
namespace {

struct StoredSpace {
    std::int64_t id = 0;
    EmbeddingSpace space;
};

std::string join_terms(const std::string& text) {
    std::string joined;
    for (const std::string& term : text::index_terms(text)) {
        if (!joined.empty()) {
            joined += ' ';
        }
        joined += term;
    }
    return joined;
}

/// The space of the collections that hold the document; throws when they have several.
StoredSpace find_space(Connection& db, DocumentId document) {
    Statement rows = db.prepare(
        "SELECT DISTINCT s.id, s.model, s.dimensions FROM collection_documents m JOIN collections "
        "c ON "
        "c.id = m.collection_id JOIN embedding_spaces s ON s.id = c.space_id WHERE m.document_id "
        "= ?1");
    rows.bind(1, document);
    StoredSpace found;
    while (rows.step()) {
        if (found.id != 0) {
            throw Error(ErrorCode::conflict,
                        "Document " + std::to_string(document) +
                            " is in collections of different embedding models; take it out of "
                            "one of them first.");
        }
        found = {rows.integer(0), {rows.text(1), static_cast<int>(rows.integer(2))}};
    }
    return found;
}

ChunkId insert_chunk(Connection& db, DocumentId document, std::int64_t index,
                     const ReadyChunk& chunk) {
    db.prepare(
          "INSERT INTO document_chunks (document_id, chunk_index, char_start, char_end, "
          "text_key, heading_path, metadata, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .bind(1, document)
        .bind(2, index)
        .bind(3, chunk.given->char_start)
        .bind(4, chunk.given->char_end)
        .bind(5, chunk.text_key)
        .bind(6, std::string_view(chunk.given->heading_path))
        .bind(7, std::string_view(chunk.metadata))
        .bind(8, std::string_view(chunk.given->content))
        .run();
    const ChunkId id = db.last_id();
    db.prepare("INSERT INTO words (rowid, terms) VALUES (?1, ?2)")
        .bind(1, id)
        .bind(2, std::string_view(chunk.terms))
        .run();
    return id;
}

}  // namespace

ReadyChunks make_ready(const std::string& filename, const std::vector<NewChunk>& chunks) {
    ReadyChunks ready{filename, {}};
    ready.chunks.reserve(chunks.size());
    for (const NewChunk& chunk : chunks) {
        const std::string content = to_stored_text(chunk.content);
        ReadyChunk made;
        made.given = &chunk;
        made.terms =
            join_terms(text::indexed_text(filename, to_stored_text(chunk.heading_path), content));
        made.metadata = to_stored_json(chunk.metadata);
        made.text_key = std::bit_cast<std::int64_t>(text::fold_key(content));
        if (!chunk.embedding.empty()) {
            made.codes = encode_vector(chunk.embedding);
        }
        ready.chunks.push_back(std::move(made));
    }
    return ready;
}

std::vector<ChunkId> insert_chunks(Connection& db, DocumentId document,
                                   std::span<const ReadyChunk> chunks) {
    const bool embedded = std::any_of(chunks.begin(), chunks.end(), [](const ReadyChunk& chunk) {
        return !chunk.given->embedding.empty();
    });
    const StoredSpace stored = embedded ? find_space(db, document) : StoredSpace{};
    std::vector<ChunkId> ids;
    ids.reserve(chunks.size());
    for (const ReadyChunk& chunk : chunks) {
        const auto index = static_cast<std::int64_t>(ids.size());
        ids.push_back(insert_chunk(db, document, index, chunk));
        if (!chunk.given->embedding.empty()) {
            check_embedding(*chunk.given, stored.space);
            insert_vector(db, ids.back(), stored.id, chunk.codes);
        }
    }
    return ids;
}

void insert_vector(Connection& db, ChunkId chunk, std::int64_t space, const VectorCodes& codes) {
    db.prepare("INSERT INTO vectors (chunk_id, space_id, scale, codes) VALUES (?1, ?2, ?3, ?4)")
        .bind(1, chunk)
        .bind(2, space)
        .bind(3, double{codes.scale})
        .bind_blob(4, codes.bytes)
        .run();
}

std::vector<ChunkId> list_chunk_ids(Connection& db, DocumentId document) {
    std::vector<ChunkId> ids;
    Statement rows =
        db.prepare("SELECT id FROM document_chunks WHERE document_id = ?1 ORDER BY chunk_index");
    rows.bind(1, document);
    while (rows.step()) {
        ids.push_back(rows.integer(0));
    }
    return ids;
}

std::int64_t remove_chunks(Connection& db, DocumentId document) {
    db.prepare(
          "DELETE FROM words WHERE rowid IN (SELECT id FROM document_chunks WHERE "
          "document_id = ?1)")
        .bind(1, document)
        .run();
    db.prepare("DELETE FROM document_chunks WHERE document_id = ?1").bind(1, document).run();
    return db.changed_rows();
}

}  // namespace rag::storage

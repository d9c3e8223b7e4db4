#include "storage/sqlite_index_source.hpp"

#include "rag/error.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_vectors.hpp"

#include <bit>

namespace rag::storage {
namespace {

constexpr std::int64_t documents_at_once = 256;

void read_vectors(Connection& db, IndexedChunk& chunk) {
    Statement row = db.prepare(
        "SELECT s.model, s.dimensions, v.scale, v.codes FROM vectors v JOIN embedding_spaces s "
        "ON s.id = v.space_id WHERE v.chunk_id = ?1 ORDER BY s.id");
    row.bind(1, chunk.chunk.id);
    while (row.step()) {
        SpaceVector vector;
        vector.space = {row.text(0), static_cast<int>(row.integer(1))};
        vector.vector =
            decode_vector(row.real(2), row.blob(3), static_cast<std::size_t>(row.integer(1)));
        chunk.vectors.push_back(std::move(vector));
    }
}

void read_chunks(Connection& db, IndexedDocument& document) {
    Statement row = db.prepare(
        "SELECT id, document_id, chunk_index, content, char_start, char_end, heading_path, "
        "metadata, text_key FROM document_chunks WHERE document_id = ?1 ORDER BY chunk_index");
    row.bind(1, document.id);
    while (row.step()) {
        IndexedChunk chunk;
        chunk.chunk = read_chunk(row);
        chunk.text_key = std::bit_cast<std::uint64_t>(row.integer(8));
        read_vectors(db, chunk);
        document.chunks.push_back(std::move(chunk));
    }
}

/// From id, filename, file_type, metadata.
IndexedDocument read_whole(Connection& db, const Statement& row) {
    IndexedDocument document;
    document.id = row.integer(0);
    document.filename = row.text(1);
    document.file_type = row.text(2);
    document.metadata = read_json(row.text(3));
    document.collections = list_memberships(db, document.id);
    read_chunks(db, document);
    return document;
}

}  // namespace

std::string SqliteIndexSource::identity(const CallContext& /*context*/) {
    return "sqlite:" + database_->path();
}

ChangeBatch SqliteIndexSource::read_changes(const CallContext& context, const FeedPosition& from,
                                            std::int64_t limit) {
    // Asked first: what is committed in between is reported again rather than never.
    const std::int64_t version = read_data_version(context);
    ChangeBatch batch = store_.read_changes(context, from, limit);
    if (batch.changes.empty() && !batch.rebuild) {
        applied_version_ = version;
    }
    return batch;
}

std::vector<IndexedDocument> SqliteIndexSource::read_documents(const CallContext& context,
                                                               DocumentId after,
                                                               std::size_t chunks_max) {
    std::vector<IndexedDocument> documents;
    database_->read(context, [&](Connection& db) {
        documents.clear();
        std::size_t chunks = 0;
        Statement row = db.prepare(
            "SELECT id, filename, file_type, metadata FROM source_documents WHERE id > ?1 "
            "ORDER BY id LIMIT ?2");
        row.bind(1, after).bind(2, documents_at_once);
        while (chunks < chunks_max && row.step()) {
            documents.push_back(read_whole(db, row));
            chunks += documents.back().chunks.size();
        }
    });
    return documents;
}

std::optional<IndexedDocument> SqliteIndexSource::read_document(const CallContext& context,
                                                                DocumentId id) {
    std::optional<IndexedDocument> document;
    database_->read(context, [&](Connection& db) {
        document.reset();
        Statement row = db.prepare(
            "SELECT id, filename, file_type, metadata FROM source_documents WHERE id = ?1");
        row.bind(1, id);
        if (row.step()) {
            document = read_whole(db, row);
        }
    });
    return document;
}

bool SqliteIndexSource::may_have_changed(const CallContext& context) {
    return read_data_version(context) != applied_version_;
}

std::int64_t SqliteIndexSource::read_data_version(const CallContext& context) {
    const std::scoped_lock lock(mutex_);
    if (!watcher_) {
        watcher_ = std::make_unique<Connection>(database_->path(), Connection::Use::read);
    }
    watcher_->serve(&context);
    Statement row = watcher_->prepare("PRAGMA data_version");
    row.step();
    const std::int64_t version = row.integer(0);
    watcher_->serve(nullptr);
    return version;
}

}  // namespace rag::storage

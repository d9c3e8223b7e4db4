#include "storage/postgres_store.hpp"
#include "storage/postgres_values.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

/// Keeps the collection from being deleted until this transaction ends.
EmbeddingSpace lock_collection(PostgresTransaction& transaction, CollectionId id) {
    const SqlRows rows = transaction.run(
        "select model, dimensions from @S.collections where id = $1::bigint for share",
        {std::to_string(id)});
    if (rows.empty()) {
        throw Error(ErrorCode::not_found,
                    "The collection was deleted meanwhile; create it again first.");
    }
    return {read_text(rows.rows[0], 0), static_cast<int>(read_int(rows.rows[0], 1))};
}

std::optional<DocumentId> find_identity(PostgresTransaction& transaction,
                                        const NewDocument& document) {
    if (!document.identity) {
        return std::nullopt;
    }
    const SqlRows rows = transaction.run(
        "select document_id from @S.collection_documents where collection_id = $1::bigint "
        "and identity = $2",
        {std::to_string(document.collection), to_stored_text(*document.identity)});
    return rows.empty() ? std::nullopt : std::optional(read_int(rows.rows[0], 0));
}

/// Null when another transaction has committed the identity first.
std::optional<DocumentId> insert_document(PostgresTransaction& transaction,
                                          const NewDocument& document) {
    const SqlRows rows = transaction.run(
        "insert into @S.source_documents (filename, content, file_type, file_size, metadata, "
        "content_hash) values ($1, $2, $3, $4::bigint, $5::jsonb, $6) returning id",
        {to_stored_text(document.filename), to_stored_text(document.content), document.file_type,
         std::to_string(document.file_size), to_stored_json(document.metadata),
         document.content_hash});
    const DocumentId id = read_int(rows.rows.at(0), 0);
    // Waits for a transaction that has inserted the same identity and not ended yet.
    const SqlRows member = transaction.run(
        "insert into @S.collection_documents (collection_id, document_id, identity) "
        "values ($1::bigint, $2::bigint, $3) on conflict (collection_id, identity) do nothing "
        "returning document_id",
        {std::to_string(document.collection), std::to_string(id),
         document.identity ? std::optional(to_stored_text(*document.identity)) : std::nullopt});
    if (member.empty()) {
        transaction.run("delete from @S.source_documents where id = $1::bigint",
                        {std::to_string(id)});
        return std::nullopt;
    }
    return id;
}

struct Stored {
    std::string filename;
    std::string hash;
    nlohmann::json metadata;
    std::int64_t version = 1;
};

Stored lock_document(PostgresTransaction& transaction, DocumentId id) {
    const SqlRows rows = transaction.run(
        "select filename, content_hash, metadata, version from @S.source_documents "
        "where id = $1::bigint for update",
        {std::to_string(id)});
    if (rows.empty()) {
        throw Error(ErrorCode::not_found, "Document " + std::to_string(id) + " not found");
    }
    const SqlRow& row = rows.rows[0];
    return {read_text(row, 0), read_text(row, 1), read_json(row, 2), read_int(row, 3)};
}

std::vector<ChunkId> read_chunk_ids(PostgresTransaction& transaction, DocumentId id) {
    std::vector<ChunkId> ids;
    for (const SqlRow& row : transaction
                                 .run("select id from @S.document_chunks where document_id = "
                                      "$1::bigint order by chunk_index",
                                      {std::to_string(id)})
                                 .rows) {
        ids.push_back(read_int(row, 0));
    }
    return ids;
}

void write_content(PostgresTransaction& transaction, DocumentId id, const ContentChange& content,
                   std::int64_t version) {
    const std::string id_text = std::to_string(id);
    transaction.run(
        "insert into @S.document_versions (document_id, version, filename, content, file_size, "
        "metadata, content_hash, created_at) select id, version, filename, content, file_size, "
        "metadata, content_hash, version_created_at from @S.source_documents "
        "where id = $1::bigint",
        {id_text});
    transaction.run(
        "update @S.source_documents set content = $2, file_size = $3::bigint, content_hash = $4, "
        "version = $5::bigint, version_created_at = clock_timestamp() where id = $1::bigint",
        {id_text, to_stored_text(content.content), std::to_string(content.file_size),
         content.content_hash, std::to_string(version)});
    transaction.run(
        "delete from @S.document_versions where document_id = $1::bigint and version <= "
        "$2::bigint",
        {id_text, std::to_string(version - document_versions_kept)});
}

/// Whether any collection's row of the document changed.
bool write_identity(PostgresTransaction& transaction, DocumentId id, const std::string& identity) {
    return transaction
               .run(
                   "with wanted as (select m.collection_id, case when exists (select from "
                   "@S.collection_documents o where o.collection_id = m.collection_id and "
                   "o.identity = $2 and o.document_id <> m.document_id) then null else $2 end as "
                   "identity from @S.collection_documents m where m.document_id = $1::bigint) "
                   "update @S.collection_documents m set identity = w.identity from wanted w "
                   "where m.document_id = $1::bigint and m.collection_id = w.collection_id and "
                   "m.identity is distinct from w.identity",
                   {std::to_string(id), identity})
               .affected > 0;
}

/// The space that all collections of the document share. Where they have several, vectors can
/// belong to one of them only.
EmbeddingSpace find_space(PostgresTransaction& transaction, DocumentId id,
                          const std::vector<NewChunk>& chunks) {
    // No collection is bound to another space until this transaction ends.
    transaction.run(
        "select 1 from @S.collections where id in (select collection_id from "
        "@S.collection_documents where document_id = $1::bigint) order by id for share",
        {std::to_string(id)});
    const SqlRows spaces = transaction.run(
        "select distinct c.model, c.dimensions from @S.collection_documents m join @S.collections "
        "c on c.id = m.collection_id where m.document_id = $1::bigint",
        {std::to_string(id)});
    const bool embedded = std::any_of(chunks.begin(), chunks.end(), [](const NewChunk& chunk) {
        return !chunk.embedding.empty();
    });
    if (spaces.empty()) {
        throw Error(ErrorCode::corrupt,
                    "Document " + std::to_string(id) + " belongs to no collection.");
    }
    if (embedded && spaces.rows.size() > 1) {
        throw Error(ErrorCode::conflict,
                    "Document " + std::to_string(id) +
                        " is in collections of different embedding models; take it out of one of "
                        "them first.");
    }
    return {read_text(spaces.rows[0], 0), static_cast<int>(read_int(spaces.rows[0], 1))};
}

std::vector<ChunkId> replace_chunks(PostgresTransaction& transaction, DocumentId id,
                                    const std::string& title, const std::vector<NewChunk>& chunks) {
    const EmbeddingSpace space = find_space(transaction, id, chunks);
    transaction.run("delete from @S.document_chunks where document_id = $1::bigint",
                    {std::to_string(id)});
    return insert_chunks(transaction, id, title, space, chunks);
}

void add_document_change(PostgresTransaction& transaction, ChangeKind kind, DocumentId id) {
    for (const SqlRow& row : transaction
                                 .run("select collection_id from @S.collection_documents "
                                      "where document_id = $1::bigint order by 1",
                                      {std::to_string(id)})
                                 .rows) {
        add_change(transaction, kind, read_int(row, 0), id);
    }
}

void check_expected(DocumentId id, const Stored& stored, const DocumentUpdate& update) {
    const bool version = update.expected_version.value_or(stored.version) == stored.version;
    const bool filename =
        !update.expected_filename || to_stored_text(*update.expected_filename) == stored.filename;
    if (!version || !filename) {
        throw Error(ErrorCode::conflict, "Document " + std::to_string(id) +
                                             " was changed meanwhile; read it again and repeat.");
    }
}

DocumentUpdated apply_update(PostgresTransaction& transaction, DocumentId id,
                             const DocumentUpdate& update) {
    const Stored stored = lock_document(transaction, id);
    check_expected(id, stored, update);
    const std::string filename = to_stored_text(update.filename.value_or(stored.filename));
    nlohmann::json metadata = stored.metadata;
    if (update.metadata) {
        metadata = effective_metadata(metadata, to_stored_value(*update.metadata));
    }
    const bool content = update.content && update.content->content_hash != stored.hash;
    const bool renamed = filename != stored.filename;
    // Chunks alone are a re-chunking; with a title or content that is there already, no change.
    const bool chunks =
        update.chunks && (content || renamed || (!update.content && !update.filename));

    DocumentUpdated result;
    result.version = stored.version;
    result.chunk_ids = read_chunk_ids(transaction, id);
    result.old_chunk_count = static_cast<std::int64_t>(result.chunk_ids.size());
    if (content) {
        write_content(transaction, id, *update.content, ++result.version);
    }
    if (chunks) {
        result.chunk_ids = replace_chunks(transaction, id, filename, *update.chunks);
    }
    result.new_chunk_count = static_cast<std::int64_t>(result.chunk_ids.size());
    const bool identity = update.identity && write_identity(transaction, id, *update.identity);
    result.changed = content || chunks || renamed || identity || metadata != stored.metadata;
    if (result.changed) {
        transaction.run(
            "update @S.source_documents set filename = $2, metadata = $3::jsonb, updated_at = "
            "greatest(clock_timestamp(), updated_at) where id = $1::bigint",
            {std::to_string(id), filename, to_stored_json(metadata)});
        add_document_change(transaction, ChangeKind::document_changed, id);
    }
    return result;
}

}  // namespace

DocumentAdded PostgresStore::add_document(const CallContext& context, const NewDocument& document) {
    DocumentAdded result;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        result = {};
        const EmbeddingSpace space = lock_collection(transaction, document.collection);
        std::optional<DocumentId> there = find_identity(transaction, document);
        if (!there) {
            const std::optional<DocumentId> id = insert_document(transaction, document);
            if (id) {
                result.added = true;
                result.id = *id;
                result.chunk_ids = insert_chunks(
                    transaction, *id, to_stored_text(document.filename), space, document.chunks);
                add_change(transaction, ChangeKind::document_changed, document.collection, *id);
                return;
            }
            there = find_identity(transaction, document);
        }
        if (!there) {
            throw Error(ErrorCode::conflict,
                        "A document of the same identity was deleted at the same moment; repeat.");
        }
        result.id = *there;
    });
    return result;
}

DocumentUpdated PostgresStore::update_document(const CallContext& context, DocumentId id,
                                               const DocumentUpdate& update) {
    DocumentUpdated result;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        result = apply_update(transaction, id, update);
    });
    return result;
}

std::optional<DeletedDocument> PostgresStore::delete_document(const CallContext& context,
                                                              DocumentId id) {
    std::optional<DeletedDocument> deleted;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        deleted.reset();
        const SqlParams id_param{std::to_string(id)};
        const SqlRows found = transaction.run(
            "select filename from @S.source_documents where id = $1::bigint for update", id_param);
        if (found.empty()) {
            return;
        }
        deleted = DeletedDocument{};
        deleted->filename = read_text(found.rows[0], 0);
        for (const SqlRow& row :
             transaction
                 .run("select c.name from @S.collection_documents m join @S.collections c "
                      "on c.id = m.collection_id where m.document_id = $1::bigint order by c.name",
                      id_param)
                 .rows) {
            deleted->collections.push_back(read_text(row, 0));
        }
        add_document_change(transaction, ChangeKind::document_deleted, id);
        deleted->chunks_deleted =
            transaction
                .run("delete from @S.document_chunks where document_id = $1::bigint", id_param)
                .affected;
        transaction.run("delete from @S.source_documents where id = $1::bigint", id_param);
    });
    return deleted;
}

}  // namespace rag::storage

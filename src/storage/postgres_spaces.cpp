#include "storage/postgres_spaces.hpp"

#include "rag/error.hpp"
#include "storage/postgres_values.hpp"

namespace rag::storage {
namespace {

/// 0, which no space has, for one that is not there.
std::int64_t find_space_id(PostgresTransaction& transaction, const EmbeddingSpace& space) {
    const SqlRows rows = transaction.run(
        "select id from @S.embedding_spaces where model = $1 and dimensions = $2::integer",
        {space.model, std::to_string(space.dimensions)});
    return rows.empty() ? 0 : read_int(rows.rows[0], 0);
}

std::vector<DocumentId> read_ids(const SqlRows& rows) {
    std::vector<DocumentId> ids;
    for (const SqlRow& row : rows.rows) {
        ids.push_back(read_int(row, 0));
    }
    return ids;
}

std::vector<DocumentId> list_missing(PostgresTransaction& transaction, CollectionId collection,
                                     std::int64_t space, DocumentId after, std::int64_t limit) {
    return read_ids(transaction.run(
        "select distinct m.document_id from @S.collection_documents m join @S.document_chunks k on "
        "k.document_id = m.document_id where m.collection_id = $1::bigint and m.document_id > "
        "$2::bigint and not exists (select from @S.chunk_vectors v where v.chunk_id = k.id and "
        "v.space_id = $3::bigint) order by 1 limit $4::bigint",
        {std::to_string(collection), std::to_string(after), std::to_string(space),
         std::to_string(limit)}));
}

void record_document(PostgresTransaction& transaction, DocumentId document) {
    for (const CollectionId collection :
         read_ids(transaction.run("select collection_id from @S.collection_documents where "
                                  "document_id = $1::bigint order by 1",
                                  {std::to_string(document)}))) {
        add_change(transaction, ChangeKind::document_changed, collection, document);
    }
}

}  // namespace

std::vector<DocumentId> PostgresSpaces::list_without_vectors(const CallContext& context,
                                                             CollectionId collection,
                                                             const EmbeddingSpace& space,
                                                             DocumentId after, std::int64_t limit) {
    std::vector<DocumentId> documents;
    pool_.read(context, [&](PostgresTransaction& transaction) {
        documents =
            list_missing(transaction, collection, find_space_id(transaction, space), after, limit);
    });
    return documents;
}

std::int64_t PostgresSpaces::add_vectors(const CallContext& context, DocumentId document,
                                         const EmbeddingSpace& space,
                                         std::span<const ChunkVector> vectors) {
    std::int64_t written = 0;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        // Whoever replaces the chunks comes before or after.
        transaction.run("select 1 from @S.source_documents where id = $1::bigint for share",
                        {std::to_string(document)});
        written = insert_vectors(transaction, space, vectors);
        if (written > 0) {
            record_document(transaction, document);
        }
    });
    return written;
}

bool PostgresSpaces::bind_space(const CallContext& context, CollectionId collection,
                                const EmbeddingSpace& space) {
    bool bound = false;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        // Writers of chunks hold the collection `for share`: none is under way from here on.
        const SqlRows there =
            transaction.run("select 1 from @S.collections where id = $1::bigint for update",
                            {std::to_string(collection)});
        if (there.empty()) {
            throw Error(ErrorCode::not_found, "The collection is not there any more.");
        }
        bound =
            list_missing(transaction, collection, ensure_space(transaction, space), 0, 1).empty();
        if (!bound) {
            return;
        }
        transaction.run(
            "update @S.collections set model = $2, dimensions = $3::integer where id = $1::bigint",
            {std::to_string(collection), space.model, std::to_string(space.dimensions)});
        add_change(transaction, ChangeKind::collection_changed, collection, 0);
    });
    return bound;
}

std::int64_t PostgresSpaces::remove_vectors(const CallContext& context, CollectionId collection,
                                            const EmbeddingSpace& space, std::int64_t limit) {
    std::int64_t removed = 0;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const std::string id = std::to_string(find_space_id(transaction, space));
        const std::vector<DocumentId> documents = read_ids(transaction.run(
            "select distinct m.document_id from @S.collection_documents m join @S.document_chunks "
            "k on k.document_id = m.document_id join @S.chunk_vectors v on v.chunk_id = k.id and "
            "v.space_id = $2::bigint where m.collection_id = $1::bigint and not exists (select "
            "from @S.collection_documents o join @S.collections c on c.id = o.collection_id where "
            "o.document_id = m.document_id and c.model = $3 and c.dimensions = $4::integer) "
            "order by 1 limit $5::bigint",
            {std::to_string(collection), id, space.model, std::to_string(space.dimensions),
             std::to_string(limit)}));
        removed = transaction
                      .run(
                          "delete from @S.chunk_vectors v using @S.document_chunks k where k.id = "
                          "v.chunk_id and v.space_id = $2::bigint and k.document_id = "
                          "any($1::bigint[])",
                          {to_sql_array(documents), id})
                      .affected;
        for (const DocumentId document : documents) {
            record_document(transaction, document);
        }
    });
    return removed;
}

}  // namespace rag::storage

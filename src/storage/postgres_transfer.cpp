#include "storage/postgres_transfer.hpp"

#include "base/json.hpp"
#include "rag/error.hpp"
#include "storage/moved_document.hpp"
#include "storage/postgres_values.hpp"

#include <algorithm>
#include <map>

namespace rag::storage {
namespace {

/// Documents are fetched together until their texts are this large: few round trips, bounded
/// memory. One that is larger comes alone.
constexpr std::int64_t batch_bytes_max = std::int64_t{4} << 20;
constexpr std::int64_t batch_documents_max = 256;

std::string time_from(const std::string& parameter) {
    return "timestamptz 'epoch' + " + parameter + "::bigint * interval '1 millisecond'";
}

std::string to_text(Timestamp time) {
    return std::to_string(time.time_since_epoch().count());
}

std::optional<std::int64_t> int_or_null(const SqlRow& row, std::size_t column) {
    return row.at(column) ? std::optional(read_int(row, column)) : std::nullopt;
}

std::optional<CollectionId> find_collection(PostgresTransaction& transaction,
                                            const std::string& name) {
    const SqlRows rows =
        transaction.run("select id from @S.collections where name = $1 for share", {name});
    return rows.empty() ? std::nullopt : std::optional(read_int(rows.rows[0], 0));
}

// Reading ----------------------------------------------------------------------------------------

struct Batch {
    std::vector<DocumentId> ids;
    std::map<DocumentId, MovedDocument> documents;
};

std::vector<MovedCollection> read_collections(PostgresTransaction& transaction,
                                              const TransferScope& scope) {
    std::vector<MovedCollection> collections;
    const SqlRows rows = transaction.run(
        "select name, description, model, dimensions, " + time_of("created_at") +
            " from @S.collections where $1::text is null or name = $1::text order by id",
        {scope.collection});
    for (const SqlRow& row : rows.rows) {
        collections.push_back({read_text(row, 0),
                               read_text(row, 1),
                               {read_text(row, 2), static_cast<int>(read_int(row, 3))},
                               read_time(row, 4)});
    }
    return collections;
}

const std::string query_in_scope =
    "($1::text is null or exists (select from @S.collection_documents m join @S.collections c on "
    "c.id = m.collection_id where m.document_id = d.id and c.name = $1::text))";

/// The next documents by id, as many as fit a batch and at least one; none at the end.
std::vector<DocumentId> list_batch(PostgresTransaction& transaction, const TransferScope& scope,
                                   DocumentId after) {
    const SqlRows rows = transaction.run(
        "select id, octet_length(content) + (select coalesce(sum(octet_length(v.content)), 0) "
        "from @S.document_versions v where v.document_id = d.id) from @S.source_documents d "
        "where id > $2::bigint and " +
            query_in_scope + " order by id limit $3::bigint",
        {scope.collection, std::to_string(after), std::to_string(batch_documents_max)});
    std::vector<DocumentId> ids;
    std::int64_t bytes = 0;
    for (const SqlRow& row : rows.rows) {
        bytes += read_int(row, 1);
        if (!ids.empty() && bytes > batch_bytes_max) {
            break;
        }
        ids.push_back(read_int(row, 0));
    }
    return ids;
}

void read_documents(PostgresTransaction& transaction, Batch& batch) {
    const SqlRows rows = transaction.run(
        "select id, filename, content, file_type, file_size, metadata, content_hash, version, " +
            time_of("version_created_at") + ", " + time_of("created_at") + ", " +
            time_of("updated_at") + " from @S.source_documents where id = any($1::bigint[])",
        {to_sql_array(batch.ids)});
    for (const SqlRow& row : rows.rows) {
        MovedDocument& document = batch.documents[read_int(row, 0)];
        document.filename = read_text(row, 1);
        document.content = read_text(row, 2);
        document.file_type = read_text(row, 3);
        document.file_size = read_int(row, 4);
        document.metadata = read_json(row, 5);
        document.content_hash = read_text(row, 6);
        document.version = read_int(row, 7);
        document.content_at = read_time(row, 8);
        document.created_at = read_time(row, 9);
        document.updated_at = read_time(row, 10);
    }
}

void read_memberships(PostgresTransaction& transaction, const TransferScope& scope, Batch& batch) {
    const SqlRows rows = transaction.run(
        "select m.document_id, c.name, m.identity from @S.collection_documents m join "
        "@S.collections c on c.id = m.collection_id where m.document_id = any($1::bigint[]) and "
        "($2::text is null or c.name = $2::text) order by 1, 2",
        {to_sql_array(batch.ids), scope.collection});
    for (const SqlRow& row : rows.rows) {
        batch.documents.at(read_int(row, 0)).memberships.push_back({read_text(row, 1), row.at(2)});
    }
}

void read_versions(PostgresTransaction& transaction, Batch& batch) {
    const SqlRows rows = transaction.run(
        "select document_id, version, filename, content, file_size, metadata, content_hash, " +
            time_of("created_at") +
            " from @S.document_versions where document_id = any($1::bigint[]) order by 1, 2",
        {to_sql_array(batch.ids)});
    for (const SqlRow& row : rows.rows) {
        batch.documents.at(read_int(row, 0))
            .versions.push_back({read_int(row, 1), read_text(row, 2), read_text(row, 3),
                                 read_int(row, 4), read_json(row, 5), read_text(row, 6),
                                 read_time(row, 7)});
    }
}

/// Rows of one chunk follow each other, one for each vector.
void read_chunks(PostgresTransaction& transaction, const TransferScope& scope, Batch& batch) {
    const std::string vectors =
        scope.vectors
            ? "s.model, s.dimensions, @V.vector_send(v.embedding::@V.vector)::text from "
              "@S.document_chunks k left join @S.chunk_vectors v on v.chunk_id = k.id left join "
              "@S.embedding_spaces s on s.id = v.space_id "
            : "null, null, null from @S.document_chunks k ";
    const std::string order = scope.vectors ? ", s.model collate \"C\", s.dimensions" : "";
    const SqlRows rows = transaction.run(
        "select k.document_id, k.id, k.content, k.char_start, k.char_end, k.heading_path, "
        "k.metadata, " +
            vectors +
            "where k.document_id = any($1::bigint[]) order by k.document_id, k.chunk_index" + order,
        {to_sql_array(batch.ids)});
    ChunkId last = 0;
    for (const SqlRow& row : rows.rows) {
        std::vector<MovedChunk>& chunks = batch.documents.at(read_int(row, 0)).chunks;
        if (read_int(row, 1) != last) {
            last = read_int(row, 1);
            chunks.push_back({read_text(row, 2),
                              int_or_null(row, 3),
                              int_or_null(row, 4),
                              read_text(row, 5),
                              read_json(row, 6),
                              {}});
        }
        if (row.at(9)) {
            const std::int64_t size = read_int(row, 8);
            chunks.back().vectors.push_back(
                {{read_text(row, 7), static_cast<int>(size)},
                 parse_sent_vector(read_text(row, 9), static_cast<std::size_t>(size))});
        }
    }
}

void read_all(PostgresTransaction& transaction, const CallContext& context,
              const TransferScope& scope, const TransferSink& sink) {
    const std::vector<MovedCollection> collections = read_collections(transaction, scope);
    if (scope.collection && collections.empty()) {
        throw Error(ErrorCode::not_found, "Collection '" + *scope.collection + "' not found");
    }
    const SqlRows count = transaction.run(
        "select count(*) from @S.source_documents d where id > $2::bigint and " + query_in_scope,
        {scope.collection, std::to_string(scope.after)});
    sink.begin(static_cast<std::int64_t>(collections.size()), read_int(count.rows.at(0), 0));
    for (const MovedCollection& one : collections) {
        sink.collection(one);
    }
    DocumentId after = scope.after;
    for (;;) {
        context.check();
        Batch batch;
        batch.ids = list_batch(transaction, scope, after);
        if (batch.ids.empty()) {
            return;
        }
        after = batch.ids.back();
        read_documents(transaction, batch);
        read_memberships(transaction, scope, batch);
        read_versions(transaction, batch);
        read_chunks(transaction, scope, batch);
        for (const DocumentId id : batch.ids) {
            if (!sink.document(id, batch.documents.at(id))) {
                return;
            }
        }
    }
}

// Writing ----------------------------------------------------------------------------------------

/// The document that is there already under one of the identities, or without any, with its hash.
std::optional<ContentHash> find_known(PostgresTransaction& transaction,
                                      const std::map<std::string, CollectionId>& collections,
                                      const MovedDocument& document) {
    bool identified = false;
    for (const MovedMembership& membership : document.memberships) {
        if (!membership.identity) {
            continue;
        }
        identified = true;
        const SqlRows rows = transaction.run(
            "select d.content_hash from @S.collection_documents m join @S.source_documents d on "
            "d.id = m.document_id where m.collection_id = $1::bigint and m.identity = $2",
            {std::to_string(collections.at(membership.collection)), membership.identity});
        if (!rows.empty()) {
            return read_text(rows.rows[0], 0);
        }
    }
    if (identified) {
        return std::nullopt;
    }
    const SqlRows rows = transaction.run(
        "select d.content_hash from @S.collection_documents m join @S.source_documents d on d.id = "
        "m.document_id where m.collection_id = $1::bigint and d.content_hash = $2 and d.filename = "
        "$3 and d.created_at = " +
            time_from("$4"),
        {std::to_string(collections.at(document.memberships.at(0).collection)),
         document.content_hash, document.filename, to_text(document.created_at)});
    return rows.empty() ? std::nullopt : std::optional(read_text(rows.rows[0], 0));
}

DocumentId insert_document(PostgresTransaction& transaction, const MovedDocument& document) {
    const SqlRows rows = transaction.run(
        "insert into @S.source_documents (filename, content, file_type, file_size, metadata, "
        "content_hash, version, version_created_at, created_at, updated_at) values ($1, $2, $3, "
        "$4::bigint, $5::jsonb, $6, $7::bigint, " +
            time_from("$8") + ", " + time_from("$9") + ", " + time_from("$10") + ") returning id",
        {document.filename, document.content, document.file_type,
         std::to_string(document.file_size), to_stored_json(document.metadata),
         document.content_hash, std::to_string(document.version), to_text(document.content_at),
         to_text(document.created_at), to_text(document.updated_at)});
    return read_int(rows.rows.at(0), 0);
}

/// False when another transaction has committed one of the identities meanwhile.
bool insert_memberships(PostgresTransaction& transaction, DocumentId id,
                        const std::map<std::string, CollectionId>& collections,
                        const MovedDocument& document) {
    for (const MovedMembership& membership : document.memberships) {
        const SqlRows rows = transaction.run(
            "insert into @S.collection_documents (collection_id, document_id, identity) values "
            "($1::bigint, $2::bigint, $3) on conflict (collection_id, identity) do nothing "
            "returning document_id",
            {std::to_string(collections.at(membership.collection)), std::to_string(id),
             membership.identity});
        if (rows.empty()) {
            return false;
        }
    }
    return true;
}

void insert_versions(PostgresTransaction& transaction, DocumentId id,
                     const MovedDocument& document) {
    for (const MovedVersion& version : document.versions) {
        transaction.run(
            "insert into @S.document_versions (document_id, version, filename, content, file_size, "
            "metadata, content_hash, created_at) values ($1::bigint, $2::bigint, $3, $4, "
            "$5::bigint, $6::jsonb, $7, " +
                time_from("$8") + ')',
            {std::to_string(id), std::to_string(version.version), version.filename, version.content,
             std::to_string(version.file_size), to_stored_json(version.metadata),
             version.content_hash, to_text(version.created_at)});
    }
}

void insert_moved_vectors(PostgresTransaction& transaction, const std::vector<ChunkId>& ids,
                          const MovedDocument& document) {
    std::vector<std::pair<EmbeddingSpace, std::vector<ChunkVector>>> by_space;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        for (const SpaceVector& vector : document.chunks[i].vectors) {
            auto found = std::find_if(by_space.begin(), by_space.end(), [&](const auto& entry) {
                return entry.first == vector.space;
            });
            if (found == by_space.end()) {
                found = by_space.insert(by_space.end(), {vector.space, {}});
            }
            found->second.push_back({ids[i], vector.vector});
        }
    }
    for (const auto& [space, vectors] : by_space) {
        insert_vectors(transaction, space, vectors);
    }
}

void forget_offsets(PostgresTransaction& transaction, const std::vector<ChunkId>& ids,
                    const MovedDocument& document) {
    std::vector<ChunkId> unknown;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!document.chunks[i].char_start || !document.chunks[i].char_end) {
            unknown.push_back(ids[i]);
        }
    }
    if (!unknown.empty()) {
        transaction.run(
            "update @S.document_chunks set char_start = null, char_end = null where id = "
            "any($1::bigint[])",
            {to_sql_array(unknown)});
    }
}

}  // namespace

void PostgresTransfer::read(const CallContext& context, const TransferScope& scope,
                            const TransferSink& sink) {
    // A time limit would be the first statement of the transaction, and after that its isolation
    // can no longer be chosen; the loop looks at the clock instead.
    CallContext unlimited = context;
    unlimited.deadline = SteadyTime::max();
    bool begun = false;
    pool_.transact(unlimited, [&](PostgresTransaction& transaction) {
        if (begun) {
            throw Error(ErrorCode::unavailable,
                        "The connection to the database was lost on the way; begin again.");
        }
        transaction.run_script("set transaction isolation level repeatable read read only");
        begun = true;
        read_all(transaction, context, scope, sink);
    });
}

Arrival PostgresTransfer::put(const CallContext& context, const MovedCollection& collection) {
    Arrival arrival = Arrival::known;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const SqlRows added = transaction.run(
            "insert into @S.collections (name, description, model, dimensions, created_at) values "
            "($1, $2, $3, $4::integer, " +
                time_from("$5") + ") on conflict (name) do nothing returning id",
            {collection.name, collection.description, collection.space.model,
             std::to_string(collection.space.dimensions), to_text(collection.created_at)});
        arrival = added.empty() ? Arrival::known : Arrival::added;
        if (!added.empty()) {
            add_change(transaction, ChangeKind::collection_changed, read_int(added.rows[0], 0), 0);
            return;
        }
        const SqlRows there = transaction.run(
            "select model = $2 and dimensions = $3::integer from @S.collections where name = $1",
            {collection.name, collection.space.model, std::to_string(collection.space.dimensions)});
        if (there.empty() || read_text(there.rows[0], 0) != "t") {
            throw_other_space(collection);
        }
    });
    return arrival;
}

Arrival PostgresTransfer::put(const CallContext& context, const MovedDocument& document) {
    const std::vector<NewChunk> chunks = chunks_without_vectors(document);
    Arrival arrival = Arrival::added;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        std::map<std::string, CollectionId> collections;
        for (const MovedMembership& membership : document.memberships) {
            const auto id = find_collection(transaction, membership.collection);
            if (!id) {
                throw Error(ErrorCode::not_found,
                            "Collection '" + membership.collection + "' not found");
            }
            collections.emplace(membership.collection, *id);
        }
        if (const auto known = find_known(transaction, collections, document)) {
            arrival = *known == document.content_hash ? Arrival::known : Arrival::differing;
            return;
        }
        arrival = Arrival::added;
        const DocumentId id = insert_document(transaction, document);
        if (!insert_memberships(transaction, id, collections, document)) {
            throw Error(ErrorCode::conflict,
                        "A document of the same identity was written at the same moment; repeat.");
        }
        insert_versions(transaction, id, document);
        const std::vector<ChunkId> ids =
            insert_chunks(transaction, id, document.filename, {}, chunks);
        forget_offsets(transaction, ids, document);
        insert_moved_vectors(transaction, ids, document);
        for (const auto& [name, collection] : collections) {
            add_change(transaction, ChangeKind::document_changed, collection, id);
        }
    });
    return arrival;
}

}  // namespace rag::storage

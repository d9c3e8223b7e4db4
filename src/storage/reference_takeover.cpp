#include "storage/reference_takeover.hpp"

#include "base/json.hpp"
#include "storage/postgres_values.hpp"
#include "storage/reference_database.hpp"
#include "text/chunk.hpp"
#include "text/fold.hpp"
#include "text/words.hpp"

#include <algorithm>
#include <bit>

namespace rag::storage {
namespace {

/// The reference system knows one model only.
const EmbeddingSpace reference_space{"openai/text-embedding-3-small", 1536};

/// Two processes that take over at once take turns.
constexpr const char* query_lock_take_over =
    "select pg_advisory_xact_lock(hashtextextended('@S.taken_over', 0))";

/// Times without a zone are in UTC, whatever zone the session has (set_session).
std::string time_in_utc(const std::string& column) {
    return "coalesce(timezone('UTC', " + column + "::timestamp), clock_timestamp())";
}

std::string object_of(const std::string& column) {
    return "case when jsonb_typeof(" + column + "::jsonb) = 'object' then " + column +
           "::jsonb else '{}' end";
}

void set_session(PostgresTransaction& transaction) {
    transaction.run("set local statement_timeout = 0");
    transaction.run("set local timezone = 'UTC'");
    transaction.run(query_lock_take_over);
}

bool knows_model(const ReferenceTables& tables) {
    return tables.dimensions == reference_space.dimensions;
}

std::vector<std::string> make_notes(const ReferenceTables& tables, const ReferenceCounts& counts,
                                    const EmbeddingSpace& configured) {
    std::vector<std::string> notes;
    if (!knows_model(tables)) {
        notes.push_back("The vectors have " + std::to_string(tables.dimensions) +
                        " dimensions, which no model of the reference system gives; they are made "
                        "anew with " +
                        configured.model + ".");
    } else if (configured != reference_space) {
        notes.push_back("The vectors are of " + reference_space.model +
                        "; until it is configured (RAG_EMBEDDING_PROVIDER=openai), these "
                        "collections are searched by words alone.");
    }
    if (counts.lone_documents > 0) {
        notes.push_back(std::to_string(counts.lone_documents) +
                        " documents are in no collection: they can be read, but no search finds "
                        "them.");
    }
    return notes;
}

struct Examined {
    ReferenceTables tables;
    TakeOverReport report;
};

Examined examine(PostgresTransaction& transaction, const PostgresPool& pool,
                 const EmbeddingSpace& configured) {
    const auto tables = find_reference(transaction);
    if (!tables || pool.options().schema == "public") {
        throw Error(ErrorCode::not_found,
                    "There is no reference database to take over: the schema public has no tables "
                    "collections, source_documents, document_chunks and chunk_collections of its "
                    "own; look at DATABASE_URL and RAG_DB_SCHEMA.");
    }
    const ReferenceCounts counts = count_reference(transaction);
    if (counts.conflicts > 0) {
        throw Error(ErrorCode::conflict,
                    std::to_string(counts.conflicts) +
                        " collections, documents or chunks of the reference database have a name "
                        "or an id that this memory uses for others; take it over into a schema of "
                        "its own: RAG_DB_SCHEMA=another rag migrate --from-reference");
    }
    TakeOverReport report;
    report.address = pool.place();
    report.space = knows_model(*tables) ? reference_space : configured;
    report.collections = {counts.collections, counts.collections_taken,
                          counts.collections - counts.collections_taken};
    report.documents = {counts.documents, counts.documents_taken,
                        counts.documents - counts.documents_taken};
    report.chunks = counts.chunks;
    if (knows_model(*tables)) {
        report.vectors_kept = counts.vectors;
    } else {
        report.vectors_made = counts.chunks;
    }
    report.notes = make_notes(*tables, counts, configured);
    return {*tables, report};
}

/// Ids of the old database are not given again here, deleted ones included.
void reserve_ids(PostgresTransaction& transaction) {
    for (const std::string table : {"collections", "source_documents", "document_chunks"}) {
        transaction.run("select setval(pg_get_serial_sequence('@S." + table +
                        "', 'id'), greatest(1, (select "
                        "max(id) from public." +
                        table + "), (select max(id) from @S." + table +
                        "), pg_sequence_last_value(pg_get_serial_sequence('public." + table +
                        "', 'id')::regclass), pg_sequence_last_value(pg_get_serial_sequence('@S." +
                        table + "', 'id')::regclass)))");
    }
}

void take_collections(PostgresTransaction& transaction, const EmbeddingSpace& space) {
    const SqlRows rows = transaction.run(
        "with taken as (insert into @S.collections (id, name, description, model, dimensions, "
        "created_at) overriding system value select r.id, r.name, "
        "coalesce(nullif(btrim(r.description), ''), r.name), $1, $2::integer, " +
            time_in_utc("r.created_at") +
            " from public.collections r where not exists (select from @S.taken_over t where t.kind "
            "= 'collection' and t.id = r.id) returning id) insert into @S.taken_over (kind, id) "
            "select 'collection', id from taken returning id",
        {space.model, std::to_string(space.dimensions)});
    for (const SqlRow& row : rows.rows) {
        add_change(transaction, ChangeKind::collection_changed, read_int(row, 0), 0);
    }
}

std::string text_of(const ReferenceChunk& chunk) {
    return text::indexed_text(chunk.title, "", chunk.content);
}

/// What is made here of the chunks; everything else goes from table to table.
std::string chunk_forms(const std::vector<ReferenceChunk>& chunks) {
    nlohmann::json forms = nlohmann::json::array();
    for (const ReferenceChunk& chunk : chunks) {
        forms.push_back({{"i", chunk.id},
                         {"n", chunk.index},
                         {"k", std::bit_cast<std::int64_t>(text::fold_key(chunk.content))},
                         {"w", to_sql_words(text::index_terms(text_of(chunk)))}});
    }
    return dump_json(forms);
}

std::string vector_forms(const std::vector<ReferenceChunk>& chunks,
                         const std::vector<Vector>& vectors) {
    nlohmann::json forms = nlohmann::json::array();
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        forms.push_back({{"i", chunks[i].id}, {"v", to_sql_vector(vectors.at(i))}});
    }
    return dump_json(forms);
}

std::string find_space_id(PostgresTransaction& transaction, const EmbeddingSpace& space) {
    const SqlParams params{space.model, std::to_string(space.dimensions)};
    transaction.run(
        "insert into @S.embedding_spaces (model, dimensions) values ($1, $2::integer) on conflict "
        "do nothing",
        params);
    return read_text(transaction
                         .run("select id from @S.embedding_spaces where model = $1 and dimensions "
                              "= $2::integer",
                              params)
                         .rows.at(0),
                     0);
}

void take_documents(PostgresTransaction& transaction, const std::string& ids) {
    transaction.run(
        "insert into @S.source_documents (id, filename, content, file_type, file_size, metadata, "
        "content_hash, version_created_at, created_at, updated_at) overriding system value select "
        "d.id, d.filename, d.content, coalesce(nullif(d.file_type, ''), 'text'), "
        "coalesce(d.file_size, octet_length(d.content)), " +
            object_of("d.metadata") + ", encode(sha256(convert_to(d.content, 'UTF8')), 'hex'), " +
            time_in_utc("d.created_at") + ", " + time_in_utc("d.created_at") + ", " +
            time_in_utc("d.updated_at") +
            " from public.source_documents d where d.id = any($1::bigint[])",
        {ids});
    transaction.run(
        "insert into @S.collection_documents (collection_id, document_id) select distinct c.id, "
        "k.source_document_id from public.document_chunks k join public.chunk_collections m on "
        "m.chunk_id = k.id join @S.collections c on c.id = m.collection_id where "
        "k.source_document_id = any($1::bigint[])",
        {ids});
}

void take_chunks(PostgresTransaction& transaction, const std::vector<ReferenceChunk>& chunks) {
    transaction.run(
        "insert into @S.document_chunks (id, document_id, chunk_index, content, heading_path, "
        "metadata, text_key, words) overriding system value select k.id, k.source_document_id, "
        "x.n, k.content, '', " +
            object_of("k.metadata") +
            ", x.k, x.w::tsvector from json_to_recordset($1::json) as x(i bigint, n bigint, k "
            "bigint, w text) join public.document_chunks k on k.id = x.i order by k.id",
        {chunk_forms(chunks)});
}

void take_vectors(PostgresTransaction& transaction, const EmbeddingSpace& space,
                  const std::string& documents, const std::vector<ReferenceChunk>& chunks,
                  const std::vector<Vector>& made) {
    const std::string space_id = find_space_id(transaction, space);
    if (made.empty()) {
        transaction.run(
            "insert into @S.chunk_vectors (space_id, chunk_id, embedding) select $2::bigint, k.id, "
            "k.embedding::@VECTOR from public.document_chunks k where k.source_document_id = "
            "any($1::bigint[]) and k.embedding is not null order by k.id",
            {documents, space_id});
        return;
    }
    transaction.run(
        "insert into @S.chunk_vectors (space_id, chunk_id, embedding) select $2::bigint, x.i, "
        "x.v::@VECTOR from json_to_recordset($1::json) as x(i bigint, v text)",
        {vector_forms(chunks, made), space_id});
}

/// False when another process has taken some of them meanwhile; nothing is written then.
bool write_batch(PostgresTransaction& transaction, const EmbeddingSpace& space,
                 const ReferenceBatch& batch, const std::vector<Vector>& made) {
    set_session(transaction);
    const std::string ids = to_sql_array(batch.documents);
    const SqlRows taken = transaction.run(
        "select from @S.taken_over where kind = 'document' and id = any($1::bigint[])", {ids});
    if (!taken.empty()) {
        return false;
    }
    take_documents(transaction, ids);
    take_chunks(transaction, batch.chunks);
    take_vectors(transaction, space, ids, batch.chunks, made);
    transaction.run("insert into @S.taken_over (kind, id) select 'document', unnest($1::bigint[])",
                    {ids});
    transaction.run(
        "insert into @S.changes (op, collection_id, document_id) select $2, collection_id, "
        "document_id from @S.collection_documents where document_id = any($1::bigint[])",
        {ids, std::to_string(static_cast<int>(ChangeKind::document_changed))});
    notify_followers(transaction);
    return true;
}

std::vector<Vector> make_vectors(const CallContext& context, const TakeOverOptions& options,
                                 const std::vector<ReferenceChunk>& chunks) {
    std::vector<std::string> texts;
    texts.reserve(chunks.size());
    for (const ReferenceChunk& chunk : chunks) {
        texts.push_back(text_of(chunk));
    }
    return texts.empty() ? std::vector<Vector>{} : options.embed(context, texts);
}

}  // namespace

TakeOverReport plan_take_over(const CallContext& context, PostgresPool& pool,
                              const EmbeddingSpace& configured) {
    TakeOverReport report;
    pool.transact(context, [&](PostgresTransaction& transaction) {
        report = examine(transaction, pool, configured).report;
    });
    return report;
}

TakeOverReport take_over(const CallContext& context, PostgresPool& pool,
                         const TakeOverOptions& options) {
    Examined examined;
    pool.transact(context, [&](PostgresTransaction& transaction) {
        set_session(transaction);
        examined = examine(transaction, pool, options.configured);
        reserve_ids(transaction);
        take_collections(transaction, examined.report.space);
    });
    TakeOverReport report = examined.report;
    report.documents.taken = report.chunks = report.vectors_kept = report.vectors_made = 0;
    const auto total = static_cast<double>(examined.report.documents.taken);
    for (;;) {
        context.check();
        ReferenceBatch batch;
        pool.transact(context, [&](PostgresTransaction& transaction) {
            batch = read_reference(transaction, options.chunks_at_once);
        });
        if (batch.documents.empty()) {
            return report;
        }
        const bool kept = knows_model(examined.tables);
        const auto made =
            kept ? std::vector<Vector>{} : make_vectors(context, options, batch.chunks);
        bool written = false;
        pool.transact(context, [&](PostgresTransaction& transaction) {
            written = write_batch(transaction, report.space, batch, made);
        });
        if (!written) {
            continue;
        }
        report.documents.taken += static_cast<std::int64_t>(batch.documents.size());
        report.chunks += static_cast<std::int64_t>(batch.chunks.size());
        report.vectors_made += static_cast<std::int64_t>(made.size());
        report.vectors_kept +=
            kept ? std::count_if(batch.chunks.begin(), batch.chunks.end(),
                                 [](const ReferenceChunk& chunk) { return chunk.has_vector; })
                 : 0;
        context.report(
            {static_cast<double>(report.documents.taken), total, "documents taken over"});
    }
}

}  // namespace rag::storage

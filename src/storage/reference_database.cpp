#include "storage/reference_database.hpp"

#include "storage/postgres_values.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

constexpr std::string_view documents_at_once = "100";

/// Our schema may be missing still: then nothing was taken and nothing is in the way.
bool has_our_tables(PostgresTransaction& transaction) {
    return read_text(transaction.run("select to_regclass('@S.taken_over') is not null").rows.at(0),
                     0) == "t";
}

std::int64_t count(PostgresTransaction& transaction, const std::string& sql) {
    return read_int(transaction.run(sql).rows.at(0), 0);
}

/// A condition: the row of `kind` whose id is `id` was not taken yet.
std::string untaken(const std::string& kind, const std::string& id) {
    return "not exists (select from @S.taken_over t where t.kind = '" + kind +
           "' and t.id = " + id + ")";
}

}  // namespace

std::optional<ReferenceTables> find_reference(PostgresTransaction& transaction) {
    const SqlRows rows = transaction.run(
        "select greatest(e.atttypmod, 0) from pg_catalog.pg_attribute e "
        "join pg_catalog.pg_attribute d on d.attrelid = e.attrelid "
        "and d.attname = 'source_document_id' "
        "where e.attrelid = to_regclass('public.document_chunks') and e.attname = 'embedding' "
        "and to_regclass('public.collections') is not null "
        "and to_regclass('public.source_documents') is not null "
        "and to_regclass('public.chunk_collections') is not null");
    if (rows.empty()) {
        return std::nullopt;
    }
    return ReferenceTables{read_int(rows.rows[0], 0)};
}

std::optional<std::string> describe_waiting_reference(PostgresTransaction& transaction) {
    if (!find_reference(transaction) ||
        count(transaction,
              "select (select count(*) from @S.collections) + (select count(*) from "
              "@S.taken_over)") > 0) {
        return std::nullopt;
    }
    return "The database holds a memory of the reference system in its schema public; take it "
           "over with: rag migrate --from-reference (--dry-run shows what that does).";
}

ReferenceCounts count_reference(PostgresTransaction& transaction) {
    ReferenceCounts counts;
    const bool ours = has_our_tables(transaction);
    const std::string untaken_document =
        ours ? untaken("document", "k.source_document_id") : "true";
    counts.collections = count(transaction, "select count(*) from public.collections");
    counts.documents = count(transaction, "select count(*) from public.source_documents");
    counts.lone_documents =
        count(transaction,
              "select count(*) from public.source_documents d where not exists (select from "
              "public.document_chunks k join public.chunk_collections c on c.chunk_id = k.id where "
              "k.source_document_id = d.id)");
    const SqlRows chunks =
        transaction.run("select count(*), count(k.embedding) from public.document_chunks k where " +
                        untaken_document);
    counts.chunks = read_int(chunks.rows.at(0), 0);
    counts.vectors = read_int(chunks.rows.at(0), 1);
    if (!ours) {
        return counts;
    }
    counts.collections_taken =
        count(transaction, "select count(*) from public.collections c where not " +
                               untaken("collection", "c.id"));
    counts.documents_taken =
        count(transaction, "select count(*) from public.source_documents d where not " +
                               untaken("document", "d.id"));
    counts.conflicts =
        count(transaction,
              "select count(*) from public.collections r join @S.collections c on c.id = r.id or "
              "c.name = r.name where " +
                  untaken("collection", "r.id")) +
        count(transaction,
              "select count(*) from public.source_documents r join @S.source_documents d on d.id "
              "= r.id where " +
                  untaken("document", "r.id")) +
        count(transaction,
              "select count(*) from public.document_chunks k join @S.document_chunks c on c.id = "
              "k.id where " +
                  untaken_document);
    return counts;
}

ReferenceBatch read_reference(PostgresTransaction& transaction, std::size_t chunks_max) {
    ReferenceBatch batch;
    const SqlRows documents = transaction.run(
        "select id from (select id, sum(n) over (order by id) - n as before from (select d.id, "
        "(select count(*) from public.document_chunks k where k.source_document_id = d.id) as n "
        "from public.source_documents d where " +
            untaken("document", "d.id") + " order by d.id limit " + std::string(documents_at_once) +
            ") few) sums where before < $1::bigint order by id",
        {std::to_string(std::max<std::size_t>(chunks_max, 1))});
    for (const SqlRow& row : documents.rows) {
        batch.documents.push_back(read_int(row, 0));
    }
    const SqlRows chunks = transaction.run(
        "select k.id, d.id, row_number() over (partition by d.id order by k.chunk_index, k.id) - "
        "1, d.filename, k.content, k.embedding is not null from public.document_chunks k join "
        "public.source_documents d on d.id = k.source_document_id where d.id = any($1::bigint[]) "
        "order by d.id, k.chunk_index, k.id",
        {to_sql_array(batch.documents)});
    for (const SqlRow& row : chunks.rows) {
        batch.chunks.push_back({read_int(row, 0), read_int(row, 1), read_int(row, 2),
                                read_text(row, 3), read_text(row, 4), read_text(row, 5) == "t"});
    }
    return batch;
}

}  // namespace rag::storage

#include "storage/postgres_filter.hpp"
#include "storage/postgres_store.hpp"
#include "storage/postgres_values.hpp"

#include <algorithm>

namespace rag::storage {
namespace {

const std::string query_names_of_d =
    "(select coalesce(json_agg(c.name order by c.name), '[]') from @S.collection_documents m "
    "join @S.collections c on c.id = m.collection_id where m.document_id = d.id)";

const std::string query_identity_of_d =
    "(select m.identity from @S.collection_documents m where m.document_id = d.id and m.identity "
    "is not null order by m.collection_id limit 1)";

const std::string query_select_summaries =
    "select d.id, d.filename, d.file_type, d.file_size, (select count(*) from @S.document_chunks k "
    "where k.document_id = d.id), d.metadata, d.content_hash, " +
    query_identity_of_d + ", d.version, " + time_of("d.created_at") + ", " +
    time_of("d.updated_at") + ", " + query_names_of_d + " from @S.source_documents d ";

const std::string query_newest_first = " order by d.updated_at desc, d.id desc";

DocumentSummary read_summary(const SqlRow& row) {
    DocumentSummary summary;
    summary.id = read_int(row, 0);
    summary.filename = read_text(row, 1);
    summary.file_type = read_text(row, 2);
    summary.file_size = read_int(row, 3);
    summary.chunk_count = read_int(row, 4);
    summary.metadata = read_json(row, 5);
    summary.content_hash = read_text(row, 6);
    summary.identity = row.at(7);
    summary.version = read_int(row, 8);
    summary.created_at = read_time(row, 9);
    summary.updated_at = read_time(row, 10);
    summary.collections = read_names(row, 11);
    return summary;
}

/// Of a page of ids: what the filter leaves, where SQL alone could not say it.
std::vector<std::int64_t> recheck(const SqlRows& rows, const MetadataFilter& filter) {
    std::vector<std::int64_t> ids;
    for (const SqlRow& row : rows.rows) {
        if (matches(filter, read_json(row, 1))) {
            ids.push_back(read_int(row, 0));
        }
    }
    return ids;
}

}  // namespace

std::vector<DocumentSummary> PostgresStore::read_summaries(const CallContext& context,
                                                           const std::string& condition,
                                                           SqlParams params) {
    std::vector<DocumentSummary> summaries;
    for (const SqlRow& row : pool_.read(context, query_select_summaries + condition, params).rows) {
        summaries.push_back(read_summary(row));
    }
    return summaries;
}

std::optional<DocumentSummary> PostgresStore::find_document(const CallContext& context,
                                                            DocumentId id) {
    const auto found = read_summaries(context, "where d.id = $1::bigint", {std::to_string(id)});
    return found.empty() ? std::nullopt : std::optional(found[0]);
}

std::optional<DocumentSummary> PostgresStore::find_by_identity(const CallContext& context,
                                                               CollectionId collection,
                                                               std::string_view identity) {
    const auto found =
        read_summaries(context,
                       "where d.id = (select x.document_id from @S.collection_documents x "
                       "where x.collection_id = $1::bigint and x.identity = $2)",
                       {std::to_string(collection), to_stored_text(identity)});
    return found.empty() ? std::nullopt : std::optional(found[0]);
}

std::optional<DocumentSummary> PostgresStore::find_newest_text(const CallContext& context,
                                                               CollectionId collection,
                                                               std::string_view title) {
    const auto found = read_summaries(
        context,
        "join @S.collection_documents x on x.document_id = d.id where x.collection_id = $1::bigint "
        "and d.file_type = 'text' and d.filename = $2 "
        "order by d.created_at desc, d.id desc limit 1",
        {std::to_string(collection), to_stored_text(title)});
    return found.empty() ? std::nullopt : std::optional(found[0]);
}

std::optional<Document> PostgresStore::get_document(const CallContext& context, DocumentId id,
                                                    std::optional<std::int64_t> version) {
    const SqlRows rows = pool_.read(
        context,
        "select d.id, coalesce(v.filename, d.filename), coalesce(v.content, d.content), "
        "d.file_type, coalesce(v.file_size, d.file_size), coalesce(v.metadata, d.metadata), "
        "coalesce(v.content_hash, d.content_hash), " +
            query_identity_of_d +
            ", coalesce(v.version, d.version), "
            "(select count(*) + 1 from @S.document_versions o where o.document_id = d.id), " +
            time_of("d.created_at") + ", " + time_of("d.updated_at") + ", " + query_names_of_d +
            " from @S.source_documents d left join @S.document_versions v on v.document_id = d.id "
            "and v.version = $2::bigint where d.id = $1::bigint "
            "and ($2::bigint is null or v.version is not null or d.version = $2::bigint)",
        {std::to_string(id), version ? std::optional(std::to_string(*version)) : std::nullopt});
    if (rows.empty()) {
        return std::nullopt;
    }
    const SqlRow& row = rows.rows[0];
    Document document;
    document.id = read_int(row, 0);
    document.filename = read_text(row, 1);
    document.content = read_text(row, 2);
    document.file_type = read_text(row, 3);
    document.file_size = read_int(row, 4);
    document.metadata = read_json(row, 5);
    document.content_hash = read_text(row, 6);
    document.identity = row.at(7);
    document.version = read_int(row, 8);
    document.versions = read_int(row, 9);
    document.created_at = read_time(row, 10);
    document.updated_at = read_time(row, 11);
    document.collections = read_names(row, 12);
    return document;
}

std::vector<Chunk> PostgresStore::get_chunks(const CallContext& context, DocumentId id,
                                             std::int64_t first, std::int64_t count) {
    if (count <= 0) {
        return {};
    }
    const std::int64_t end = first > 0 && count > INT64_MAX - first ? INT64_MAX : first + count;
    std::vector<Chunk> chunks;
    for (const SqlRow& row :
         pool_
             .read(
                 context,
                 "select id, chunk_index, content, char_start, char_end, heading_path, metadata "
                 "from "
                 "@S.document_chunks where document_id = $1::bigint and chunk_index >= $2::bigint "
                 "and chunk_index < $3::bigint order by chunk_index",
                 {std::to_string(id), std::to_string(first), std::to_string(end)})
             .rows) {
        Chunk chunk;
        chunk.id = read_int(row, 0);
        chunk.document_id = id;
        chunk.chunk_index = read_int(row, 1);
        chunk.content = read_text(row, 2);
        if (row.at(3) && row.at(4)) {
            chunk.char_start = read_int(row, 3);
            chunk.char_end = read_int(row, 4);
        }
        chunk.heading_path = read_text(row, 5);
        chunk.metadata = read_json(row, 6);
        chunks.push_back(std::move(chunk));
    }
    return chunks;
}

DocumentPage PostgresStore::list_documents(const CallContext& context, const DocumentQuery& query) {
    SqlFilter filter = compile_filter(query.filter, "d.metadata", 1);
    SqlParams params = filter.params;
    std::string where = "where " + filter.condition;
    if (query.collections) {
        params.emplace_back(to_sql_array(*query.collections));
        where +=
            " and d.id in (select x.document_id from @S.collection_documents x where "
            "x.collection_id = any($" +
            std::to_string(params.size()) + "::bigint[]))";
    }
    if (!filter.exact) {
        const SqlRows all = pool_.read(
            context, "select d.id, d.metadata from @S.source_documents d " + where, params);
        params = {to_sql_array(recheck(all, query.filter))};
        where = "where d.id = any($1::bigint[])";
    }
    DocumentPage page;
    page.total_count =
        read_int(pool_.read(context, "select count(*) from @S.source_documents d " + where, params)
                     .rows.at(0),
                 0);
    params.emplace_back(std::to_string(std::max<std::int64_t>(query.limit, 0)));
    params.emplace_back(std::to_string(std::max<std::int64_t>(query.offset, 0)));
    page.documents =
        read_summaries(context,
                       where + query_newest_first + " limit $" + std::to_string(params.size() - 1) +
                           "::bigint offset $" + std::to_string(params.size()) + "::bigint",
                       params);
    return page;
}

std::vector<DocumentVersion> PostgresStore::list_versions(const CallContext& context,
                                                          DocumentId id) {
    std::vector<DocumentVersion> versions;
    for (const SqlRow& row :
         pool_
             .read(context,
                   "select version, content_hash, file_size, " + time_of("created_at") +
                       ", 0 from @S.document_versions where document_id = $1::bigint union all "
                       "select "
                       "version, content_hash, file_size, " +
                       time_of("version_created_at") +
                       ", 1 from @S.source_documents where id = $1::bigint order by 1",
                   {std::to_string(id)})
             .rows) {
        versions.push_back({read_int(row, 0), read_text(row, 1), read_int(row, 2),
                            read_time(row, 3), read_int(row, 4) == 1});
    }
    return versions;
}

std::vector<IdentifiedDocument> PostgresStore::list_identities(const CallContext& context,
                                                               CollectionId collection,
                                                               std::string_view prefix) {
    std::vector<IdentifiedDocument> documents;
    for (const SqlRow& row :
         pool_
             .read(context,
                   "select d.id, m.identity, d.content_hash from @S.collection_documents m "
                   "join @S.source_documents d on d.id = m.document_id where m.collection_id = "
                   "$1::bigint and starts_with(m.identity, $2) order by m.identity",
                   {std::to_string(collection), to_stored_text(prefix)})
             .rows) {
        documents.push_back({read_int(row, 0), read_text(row, 1), read_text(row, 2)});
    }
    return documents;
}

}  // namespace rag::storage

#include "storage/postgres_store.hpp"
#include "storage/postgres_values.hpp"

namespace rag::storage {
namespace {

const std::string columns =
    "select c.id, c.name, c.description, c.model, c.dimensions, " + time_of("c.created_at");
const std::string counts =
    ", (select count(*) from @S.collection_documents m where m.collection_id = c.id), "
    "(select count(*) from @S.collection_documents m join @S.document_chunks k "
    "on k.document_id = m.document_id where m.collection_id = c.id)";
const std::string no_counts = ", 0, 0";
const std::string table = " from @S.collections c";
const std::string by_name = " where c.name = $1";
const std::string newest_first = " order by c.created_at desc, c.id desc";

Collection read_collection(const SqlRow& row) {
    Collection collection;
    collection.id = read_int(row, 0);
    collection.name = read_text(row, 1);
    collection.description = read_text(row, 2);
    collection.space = {read_text(row, 3), static_cast<int>(read_int(row, 4))};
    collection.created_at = read_time(row, 5);
    collection.document_count = read_int(row, 6);
    collection.chunk_count = read_int(row, 7);
    return collection;
}

std::vector<Collection> read_collections(const SqlRows& rows) {
    std::vector<Collection> collections;
    for (const SqlRow& row : rows.rows) {
        collections.push_back(read_collection(row));
    }
    return collections;
}

std::optional<Collection> first_of(const SqlRows& rows) {
    return rows.empty() ? std::nullopt : std::optional(read_collection(rows.rows[0]));
}

/// The sites of which collection $1 holds pages, newest first.
std::string list_sites_by(const std::string& time_of_page) {
    return "select d.metadata->>'crawl_root_url', " + time_of("max(" + time_of_page + ')') +
           ", count(*), sum((select count(*) from @S.document_chunks k where k.document_id = "
           "d.id)) "
           "from @S.collection_documents m join @S.source_documents d on d.id = m.document_id "
           "where m.collection_id = $1::bigint and d.file_type = 'web_page' and "
           "jsonb_typeof(d.metadata->'crawl_root_url') = 'string' "
           "group by 1 order by 2 desc, 1 limit 10";
}

/// What does not look like a time of a crawl of ours counts as none.
const std::string query_crawled_urls = list_sites_by(
    "case when d.metadata->>'crawl_timestamp' ~ "
    "'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}"
    "([.][0-9]{1,9})?Z$' then (d.metadata->>'crawl_timestamp')::timestamptz else d.updated_at end");

/// For a day that no month has: such a time must not break the description.
const std::string query_crawled_urls_by_update = list_sites_by("d.updated_at");

/// The documents that are in other collections too leave this one and stay in those.
void record_shared(PostgresTransaction& transaction, CollectionId id) {
    const SqlRows rows = transaction.run(
        "select m.document_id, o.collection_id from @S.collection_documents m join "
        "@S.collection_documents o on o.document_id = m.document_id and o.collection_id <> "
        "m.collection_id where m.collection_id = $1::bigint order by 1, 2",
        {std::to_string(id)});
    DocumentId last = 0;
    for (const SqlRow& row : rows.rows) {
        const DocumentId document = read_int(row, 0);
        if (document != last) {
            add_change(transaction, ChangeKind::document_deleted, id, document);
            last = document;
        }
        add_change(transaction, ChangeKind::document_changed, read_int(row, 1), document);
    }
}

}  // namespace

Collection PostgresStore::create_collection(const CallContext& context,
                                            const NewCollection& collection) {
    Collection created;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const SqlRows rows = transaction.run(
            "insert into @S.collections (name, description, model, dimensions) "
            "values ($1, $2, $3, $4::integer) on conflict (name) do nothing returning id, " +
                time_of("created_at"),
            {to_stored_text(collection.name), to_stored_text(collection.description),
             collection.space.model, std::to_string(collection.space.dimensions)});
        if (rows.empty()) {
            throw Error(ErrorCode::conflict, "Collection '" + collection.name + "' already exists");
        }
        created = {};
        created.id = read_int(rows.rows[0], 0);
        created.created_at = read_time(rows.rows[0], 1);
        add_change(transaction, ChangeKind::collection_changed, created.id, 0);
    });
    created.name = collection.name;
    created.description = collection.description;
    created.space = collection.space;
    return created;
}

std::optional<Collection> PostgresStore::find_collection(const CallContext& context,
                                                         std::string_view name) {
    return first_of(pool_.read(context, columns + counts + table + by_name, {std::string(name)}));
}

std::vector<Collection> PostgresStore::list_collections(const CallContext& context) {
    return read_collections(pool_.read(context, columns + counts + table + newest_first));
}

std::optional<Collection> PostgresStore::find_collection_uncounted(const CallContext& context,
                                                                   std::string_view name) {
    return first_of(
        pool_.read(context, columns + no_counts + table + by_name, {std::string(name)}));
}

std::vector<Collection> PostgresStore::list_collections_uncounted(const CallContext& context) {
    return read_collections(pool_.read(context, columns + no_counts + table + newest_first));
}

bool PostgresStore::update_collection_description(const CallContext& context, std::string_view name,
                                                  std::string_view description) {
    bool found = false;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const SqlRows rows = transaction.run(
            "update @S.collections set description = $2 where name = $1 returning id",
            {std::string(name), to_stored_text(description)});
        found = !rows.empty();
        if (found) {
            add_change(transaction, ChangeKind::collection_changed, read_int(rows.rows[0], 0), 0);
        }
    });
    return found;
}

std::optional<CollectionDetails> PostgresStore::describe_collection(const CallContext& context,
                                                                    std::string_view name) {
    const std::optional<Collection> collection = find_collection(context, name);
    if (!collection) {
        return std::nullopt;
    }
    CollectionDetails details;
    details.collection = *collection;
    const SqlParams id{std::to_string(collection->id)};
    for (const SqlRow& row :
         pool_
             .read(context,
                   "select d.filename from @S.collection_documents m join @S.source_documents d "
                   "on d.id = m.document_id where m.collection_id = $1::bigint "
                   "order by d.updated_at desc, d.id desc limit 5",
                   id)
             .rows) {
        details.sample_documents.push_back(read_text(row, 0));
    }
    details.size_bytes = read_int(
        pool_
            .read(context,
                  "select coalesce(sum(octet_length(d.content)), 0) from @S.collection_documents m "
                  "join @S.source_documents d on d.id = m.document_id "
                  "where m.collection_id = $1::bigint",
                  id)
            .rows.at(0),
        0);
    SqlRows crawled;
    try {
        crawled = pool_.read(context, query_crawled_urls, id);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::internal) {
            throw;
        }
        crawled = pool_.read(context, query_crawled_urls_by_update, id);
    }
    for (const SqlRow& row : crawled.rows) {
        details.crawled_urls.push_back(
            {read_text(row, 0), read_time(row, 1), read_int(row, 2), read_int(row, 3)});
    }
    return details;
}

std::optional<DeletedCollection> PostgresStore::delete_collection(const CallContext& context,
                                                                  std::string_view name) {
    std::optional<DeletedCollection> deleted;
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        deleted.reset();
        // The lock keeps writers of this collection out until the commit (they take `for share`).
        const SqlRows found = transaction.run(
            "select id from @S.collections where name = $1 for update", {std::string(name)});
        if (found.empty()) {
            return;
        }
        const CollectionId id = read_int(found.rows[0], 0);
        record_shared(transaction, id);
        const SqlRows lone = transaction.run(
            "select d.id from @S.collection_documents m join @S.source_documents d "
            "on d.id = m.document_id where m.collection_id = $1::bigint and not exists "
            "(select from @S.collection_documents o where o.document_id = d.id "
            "and o.collection_id <> m.collection_id) order by d.id for update of d",
            {std::to_string(id)});
        std::vector<std::int64_t> documents;
        for (const SqlRow& row : lone.rows) {
            documents.push_back(read_int(row, 0));
            add_change(transaction, ChangeKind::document_deleted, id, documents.back());
        }
        const SqlParams list{to_sql_array(documents)};
        deleted = DeletedCollection{};
        deleted->documents_deleted = static_cast<std::int64_t>(documents.size());
        deleted->chunks_deleted =
            transaction
                .run("delete from @S.document_chunks where document_id = any($1::bigint[])", list)
                .affected;
        transaction.run("delete from @S.source_documents where id = any($1::bigint[])", list);
        transaction.run("delete from @S.collections where id = $1::bigint", {std::to_string(id)});
        add_change(transaction, ChangeKind::collection_changed, id, 0);
    });
    return deleted;
}

}  // namespace rag::storage

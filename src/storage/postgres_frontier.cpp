#include "storage/postgres_frontier.hpp"

#include "storage/frontier_states.hpp"
#include "storage/postgres_values.hpp"

namespace rag::storage {
namespace {

const std::string query_crawl =
    "select id, session_id, session, started_at, is_open, request, completed_request, counts from "
    "@S.crawls where collection_id = $1::bigint and root_url = $2";
const std::string query_pages =
    "select f.url, f.depth, f.place, f.parent_url, f.state, f.status, f.error, f.etag, "
    "f.last_modified, f.checked_at, coalesce(f.document_id, 0), f.session = c.session, "
    "coalesce(d.content_hash, ''), coalesce(k.count, 0) from @S.crawls c join @S.crawl_frontier f "
    "on f.crawl_id = c.id left join @S.source_documents d on d.id = f.document_id left join "
    "(select n.document_id, count(*) from @S.document_chunks n where n.document_id in (select "
    "i.document_id from @S.crawls o join @S.crawl_frontier i on i.crawl_id = o.id where "
    "o.collection_id = $1::bigint and o.root_url = $2) group by 1) k on k.document_id = "
    "f.document_id where c.collection_id = $1::bigint and c.root_url = $2 order by f.session = "
    "c.session desc, f.depth, f.place";
/// $1 the crawl, $2 its session, $3 the rows. A document that is gone by now is none.
const std::string query_write_pages =
    "insert into @S.crawl_frontier (crawl_id, session, url, depth, place, parent_url, state, "
    "status, error, etag, last_modified, checked_at, document_id) select $1::bigint, $2::bigint, "
    "p.url, p.depth, p.place, p.parent, p.state, p.status, p.error, p.etag, p.modified, p.checked, "
    "d.id from json_to_recordset($3::json) as p (url text, depth bigint, place bigint, parent "
    "text, state text, status bigint, error text, etag text, modified text, checked bigint, "
    "document bigint) left join @S.source_documents d on d.id = p.document "
    "on conflict (crawl_id, md5(url)) do update set session = excluded.session, depth = "
    "excluded.depth, place = excluded.place, parent_url = excluded.parent_url, state = "
    "excluded.state, status = excluded.status, error = excluded.error, etag = excluded.etag, "
    "last_modified = excluded.last_modified, checked_at = excluded.checked_at, document_id = "
    "excluded.document_id";
/// $1 documents with what is merged into their metadata. In order, so that two crawls that touch
/// the same pages wait for each other instead of for ever.
const std::string query_touch =
    "with touched as (select t.document, t.patch from json_to_recordset($1::json) as t (document "
    "bigint, patch jsonb)), locked as (select d.id, t.patch from @S.source_documents d join "
    "touched t on t.document = d.id order by d.id for update of d) "
    "update @S.source_documents d set metadata = d.metadata || l.patch, updated_at = "
    "greatest(clock_timestamp(), d.updated_at) from locked l where d.id = l.id";

struct CrawlRow {
    std::int64_t id = 0;
    std::int64_t number = 0;
    CrawlSession session;
};

std::optional<CrawlRow> read_crawl(const SqlRows& rows) {
    if (rows.empty()) {
        return std::nullopt;
    }
    const SqlRow& row = rows.rows[0];
    CrawlRow crawl;
    crawl.id = read_int(row, 0);
    crawl.session.id = read_text(row, 1);
    crawl.number = read_int(row, 2);
    crawl.session.started_at = read_time(row, 3);
    crawl.session.open = read_text(row, 4) == "t";
    crawl.session.request = read_json(row, 5);
    crawl.session.completed_request = read_json(row, 6);
    crawl.session.counts = read_json(row, 7);
    return crawl;
}

SqlParams params_of(const CrawlKey& key) {
    return {std::to_string(key.collection), to_stored_text(key.root_url)};
}

FrontierPage read_page(const SqlRow& row) {
    FrontierPage page;
    page.url = read_text(row, 0);
    page.depth = read_int(row, 1);
    page.place = read_int(row, 2);
    page.parent = row.at(3);
    page.state = read_frontier_state(read_text(row, 4));
    page.status = static_cast<int>(read_int(row, 5));
    page.error = read_text(row, 6);
    page.etag = read_text(row, 7);
    page.last_modified = read_text(row, 8);
    page.checked_at = read_time(row, 9);
    page.document = read_int(row, 10);
    page.current = read_text(row, 11) == "t";
    page.content_hash = read_text(row, 12);
    page.chunk_count = read_int(row, 13);
    return page;
}

nlohmann::json to_row(const FrontierPage& page) {
    nlohmann::json row = {{"url", page.url},
                          {"depth", page.depth},
                          {"place", page.place},
                          {"parent", nullptr},
                          {"state", state_text(page.state)},
                          {"status", page.status},
                          {"error", page.error},
                          {"etag", page.etag},
                          {"modified", page.last_modified},
                          {"checked", page.checked_at.time_since_epoch().count()},
                          {"document", page.document}};
    if (page.parent) {
        row["parent"] = *page.parent;
    }
    return row;
}

void write_pages(PostgresTransaction& transaction, const CrawlRow& crawl,
                 const FrontierStep& step) {
    nlohmann::json rows = nlohmann::json::array();
    nlohmann::json touches = nlohmann::json::array();
    std::vector<DocumentId> touched;
    for (const FrontierChange& change : step.pages) {
        rows.push_back(to_row(change.page));
        if (change.page.document != 0 && !change.touch.empty()) {
            touches.push_back({{"document", change.page.document}, {"patch", change.touch}});
            touched.push_back(change.page.document);
        }
    }
    if (!rows.empty()) {
        transaction.run(query_write_pages, {std::to_string(crawl.id), std::to_string(crawl.number),
                                            to_stored_json(rows)});
    }
    if (!touched.empty()) {
        transaction.run(query_touch, {to_stored_json(touches)});
        add_document_changes(transaction, ChangeKind::document_changed, touched);
    }
}

}  // namespace

std::optional<CrawlSession> PostgresFrontier::find_session(const CallContext& context,
                                                           const CrawlKey& key) {
    auto crawl = read_crawl(pool_.read(context, query_crawl, params_of(key)));
    return crawl ? std::optional(std::move(crawl->session)) : std::nullopt;
}

void PostgresFrontier::open_session(const CallContext& context, const CrawlKey& key,
                                    const CrawlSession& session) {
    const SqlRows opened = pool_.run(
        context,
        "insert into @S.crawls (collection_id, root_url, session_id, session, started_at, is_open, "
        "request, completed_request, counts) select c.id, $2, $3, 1, $4::bigint, true, $5, "
        "'null', $6 from @S.collections c where c.id = $1::bigint on conflict (collection_id, "
        "md5(root_url)) do update set session_id = excluded.session_id, session = crawls.session + "
        "1, started_at = excluded.started_at, is_open = true, request = excluded.request, counts = "
        "excluded.counts returning id",
        {std::to_string(key.collection), to_stored_text(key.root_url), session.id,
         std::to_string(session.started_at.time_since_epoch().count()),
         to_stored_json(session.request), to_stored_json(session.counts)});
    if (opened.empty()) {
        throw_crawled_collection_missing();
    }
}

void PostgresFrontier::close_session(const CallContext& context, const CrawlKey& key,
                                     const std::string& session, CrawlEnd end) {
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const auto crawl = read_crawl(transaction.run(query_crawl + " for update", params_of(key)));
        if (!crawl || !crawl->session.open || crawl->session.id != session) {
            return;
        }
        const std::string id = std::to_string(crawl->id);
        const std::string completed = end == CrawlEnd::completed ? "t" : "f";
        transaction.run(
            "update @S.crawls set is_open = false, completed_request = case when $2::boolean then "
            "request else completed_request end where id = $1::bigint",
            {id, completed});
        transaction.run(
            "delete from @S.crawl_frontier where crawl_id = $1::bigint and document_id is null and "
            "(session <> $2::bigint or not $3::boolean)",
            {id, std::to_string(crawl->number), completed});
    });
}

std::vector<FrontierPage> PostgresFrontier::list_pages(const CallContext& context,
                                                       const CrawlKey& key) {
    std::vector<FrontierPage> pages;
    for (const SqlRow& row : pool_.read(context, query_pages, params_of(key)).rows) {
        pages.push_back(read_page(row));
    }
    return pages;
}

void PostgresFrontier::save_step(const CallContext& context, const CrawlKey& key,
                                 const FrontierStep& step) {
    pool_.transact(context, [&](PostgresTransaction& transaction) {
        const auto crawl = read_crawl(transaction.run(query_crawl + " for update", params_of(key)));
        if (!crawl || !crawl->session.open || crawl->session.id != step.session) {
            throw_session_over(key);
        }
        write_pages(transaction, *crawl, step);
        transaction.run("update @S.crawls set counts = $2 where id = $1::bigint",
                        {std::to_string(crawl->id), to_stored_json(step.counts)});
    });
}

CrawlExtent PostgresFrontier::measure(const CallContext& context, const CrawlKey& key) {
    const SqlRows rows = pool_.read(
        context,
        "select count(*), coalesce(sum((select count(*) from @S.document_chunks k where "
        "k.document_id = p.document_id)), 0)::bigint from (select distinct f.document_id from "
        "@S.crawls c join @S.crawl_frontier f on f.crawl_id = c.id where c.collection_id = "
        "$1::bigint and c.root_url = $2 and f.document_id is not null) p",
        params_of(key));
    return {read_int(rows.rows.at(0), 0), read_int(rows.rows.at(0), 1)};
}

std::vector<std::string> PostgresFrontier::list_owners(const CallContext& context,
                                                       std::int64_t collection,
                                                       DocumentId document) {
    std::vector<std::string> roots;
    for (const SqlRow& row :
         pool_
             .read(context,
                   "select distinct c.root_url collate \"C\" from @S.crawl_frontier f join "
                   "@S.crawls c on c.id = f.crawl_id where f.document_id = $2::bigint and "
                   "c.collection_id = "
                   "$1::bigint order by 1",
                   {std::to_string(collection), std::to_string(document)})
             .rows) {
        roots.push_back(read_text(row, 0));
    }
    return roots;
}

}  // namespace rag::storage

#include "storage/reference_crawls.hpp"

#include "base/json.hpp"
#include "base/url.hpp"
#include "storage/frontier_states.hpp"
#include "storage/postgres_values.hpp"

namespace rag::storage {
namespace {

const std::string query_select_pages =
    "select m.collection_id, d.id, d.metadata->>'crawl_root_url', d.metadata->>'source', "
    "coalesce(d.metadata->>'parent_url', ''), coalesce(d.metadata->>'crawl_session_id', ''), "
    "case when d.metadata->>'crawl_depth' ~ '^[0-9]{1,9}$' then d.metadata->>'crawl_depth' else "
    "'0' end, " +
    time_of("d.updated_at") +
    " from @S.source_documents d join @S.collection_documents m on m.document_id = d.id where d.id "
    "= any($1::bigint[]) and d.metadata->>'crawl_root_url' is not null and d.metadata->>'source' "
    "is not null order by d.id, m.collection_id";

constexpr const char* query_insert_crawls =
    "insert into @S.crawls (collection_id, root_url, session_id, session, started_at, is_open, "
    "request, completed_request, counts) select c, r, max(s), 1, max(t), false, 'null', 'null', "
    "'null' from json_to_recordset($1::json) as x(c bigint, r text, s text, t bigint) group by c, "
    "r on conflict (collection_id, md5(root_url)) do nothing";

/// A URL that was crawled more than once is the newest document's.
constexpr const char* query_insert_pages =
    "insert into @S.crawl_frontier (crawl_id, url, session, depth, place, parent_url, state, "
    "status, error, etag, last_modified, checked_at, document_id) select distinct on (w.id, x.u) "
    "w.id, x.u, w.session, x.n, x.d, nullif(x.p, ''), $2, 200, '', '', '', 0, x.d from "
    "json_to_recordset($1::json) as x(c bigint, r text, u text, p text, n bigint, d bigint) join "
    "@S.crawls w on w.collection_id = x.c and w.root_url = x.r order by w.id, x.u, x.d desc "
    "on conflict (crawl_id, md5(url)) do update set document_id = excluded.document_id";

}  // namespace

void take_crawls(PostgresTransaction& transaction, const std::string& documents) {
    nlohmann::json pages = nlohmann::json::array();
    for (const SqlRow& row : transaction.run(query_select_pages, {documents}).rows) {
        const auto root = parse_url(read_text(row, 2));
        const auto url = parse_url(read_text(row, 3));
        if (root && url) {
            pages.push_back({{"c", read_int(row, 0)},
                             {"d", read_int(row, 1)},
                             {"r", root->text()},
                             {"u", url->text()},
                             {"p", read_text(row, 4)},
                             {"s", read_text(row, 5)},
                             {"n", read_int(row, 6)},
                             {"t", read_int(row, 7)}});
        }
    }
    if (pages.empty()) {
        return;
    }
    const std::string forms = dump_json(pages);
    transaction.run(query_insert_crawls, {forms});
    transaction.run(query_insert_pages, {forms, std::string(state_text(FrontierState::done))});
}

}  // namespace rag::storage

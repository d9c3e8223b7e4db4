#include "storage/sqlite_frontier.hpp"

#include "rag/error.hpp"
#include "storage/frontier_states.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/stored_text.hpp"

namespace rag::storage {
namespace {

constexpr std::string_view query_crawl =
    "SELECT id, session_id, session, started_at, is_open, request, completed_request, counts "
    "FROM crawls WHERE collection_id = ?1 AND root_url = ?2";
constexpr std::string_view query_pages =
    "SELECT f.url, f.depth, f.place, f.parent_url, f.state, f.status, f.error, f.etag, "
    "f.last_modified, f.checked_at, coalesce(f.document_id, 0), f.session = c.session, "
    "coalesce(d.content_hash, ''), (SELECT count(*) FROM document_chunks k WHERE k.document_id = "
    "f.document_id) FROM crawls c JOIN crawl_frontier f ON f.crawl_id = c.id "
    "LEFT JOIN source_documents d ON d.id = f.document_id "
    "WHERE c.collection_id = ?1 AND c.root_url = ?2 "
    "ORDER BY f.session = c.session DESC, f.depth, f.place";
/// A document that is gone by now is none.
constexpr std::string_view query_write_page =
    "INSERT INTO crawl_frontier (crawl_id, session, url, depth, place, parent_url, state, status, "
    "error, etag, last_modified, checked_at, document_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
    "?9, ?10, ?11, ?12, (SELECT id FROM source_documents WHERE id = ?13)) "
    "ON CONFLICT (crawl_id, url) DO UPDATE SET session = excluded.session, depth = excluded.depth, "
    "place = excluded.place, parent_url = excluded.parent_url, state = excluded.state, "
    "status = excluded.status, error = excluded.error, etag = excluded.etag, "
    "last_modified = excluded.last_modified, checked_at = excluded.checked_at, "
    "document_id = excluded.document_id";

struct CrawlRow {
    std::int64_t id = 0;
    std::int64_t number = 0;
    CrawlSession session;
};

std::optional<CrawlRow> find_crawl(Connection& db, const CrawlKey& key) {
    Statement row = db.prepare(query_crawl);
    row.bind(1, key.collection).bind(2, std::string_view(key.root_url));
    if (!row.step()) {
        return std::nullopt;
    }
    CrawlRow crawl;
    crawl.id = row.integer(0);
    crawl.session.id = row.text(1);
    crawl.number = row.integer(2);
    crawl.session.started_at = row.time(3);
    crawl.session.open = row.integer(4) != 0;
    crawl.session.request = read_json(row.text(5));
    crawl.session.completed_request = read_json(row.text(6));
    crawl.session.counts = read_json(row.text(7));
    return crawl;
}

FrontierPage read_page(const Statement& row) {
    FrontierPage page;
    page.url = row.text(0);
    page.depth = row.integer(1);
    page.place = row.integer(2);
    if (!row.is_null(3)) {
        page.parent = row.text(3);
    }
    page.state = read_frontier_state(row.text(4));
    page.status = static_cast<int>(row.integer(5));
    page.error = row.text(6);
    page.etag = row.text(7);
    page.last_modified = row.text(8);
    page.checked_at = row.time(9);
    page.document = row.integer(10);
    page.current = row.integer(11) != 0;
    page.content_hash = row.text(12);
    page.chunk_count = row.integer(13);
    return page;
}

void write_page(Connection& db, const CrawlRow& crawl, const FrontierPage& page) {
    db.prepare(query_write_page)
        .bind(1, crawl.id)
        .bind(2, crawl.number)
        .bind(3, std::string_view(page.url))
        .bind(4, page.depth)
        .bind(5, page.place)
        .bind(6, page.parent)
        .bind(7, state_text(page.state))
        .bind(8, std::int64_t{page.status})
        .bind(9, std::string_view(page.error))
        .bind(10, std::string_view(page.etag))
        .bind(11, std::string_view(page.last_modified))
        .bind(12, to_milliseconds(page.checked_at))
        .bind(13, page.document)
        .run();
}

void touch(Connection& db, Timestamp now, const FrontierChange& change) {
    const std::string patch = to_stored_json(change.touch);
    db.prepare(
          "UPDATE source_documents SET metadata = json_patch(metadata, ?2), "
          "updated_at = max(updated_at, ?3) WHERE id = ?1")
        .bind(1, change.page.document)
        .bind(2, std::string_view(patch))
        .bind(3, to_milliseconds(now))
        .run();
    if (db.changed_rows() == 0) {
        return;
    }
    for (const CollectionId collection : list_memberships(db, change.page.document)) {
        record_change(db, now, ChangeKind::document_changed, collection, change.page.document);
    }
}

}  // namespace

std::optional<CrawlSession> SqliteFrontier::find_session(const CallContext& context,
                                                         const CrawlKey& key) {
    std::optional<CrawlSession> session;
    database_->read(context, [&](Connection& db) {
        if (auto crawl = find_crawl(db, key)) {
            session = std::move(crawl->session);
        }
    });
    return session;
}

void SqliteFrontier::open_session(const CallContext& context, const CrawlKey& key,
                                  const CrawlSession& session) {
    const std::string request = to_stored_json(session.request);
    const std::string counts = to_stored_json(session.counts);
    database_->write(context, [&](Connection& db) {
        {
            Statement row = db.prepare("SELECT 1 FROM collections WHERE id = ?1");
            row.bind(1, key.collection);
            if (!row.step()) {
                throw_crawled_collection_missing();
            }
        }
        db.prepare(
              "INSERT INTO crawls (collection_id, root_url, session_id, session, started_at, "
              "is_open, request, completed_request, counts) VALUES (?1, ?2, ?3, 1, ?4, 1, ?5, "
              "'null', ?6) ON CONFLICT (collection_id, root_url) DO UPDATE SET session_id = "
              "excluded.session_id, session = session + 1, started_at = excluded.started_at, "
              "is_open = 1, request = excluded.request, counts = excluded.counts")
            .bind(1, key.collection)
            .bind(2, std::string_view(key.root_url))
            .bind(3, std::string_view(session.id))
            .bind(4, to_milliseconds(session.started_at))
            .bind(5, std::string_view(request))
            .bind(6, std::string_view(counts))
            .run();
    });
}

void SqliteFrontier::close_session(const CallContext& context, const CrawlKey& key,
                                   const std::string& session, CrawlEnd end) {
    database_->write(context, [&](Connection& db) {
        const auto crawl = find_crawl(db, key);
        if (!crawl || !crawl->session.open || crawl->session.id != session) {
            return;
        }
        const bool completed = end == CrawlEnd::completed;
        db.prepare(
              "UPDATE crawls SET is_open = 0, completed_request = CASE WHEN ?2 THEN request ELSE "
              "completed_request END WHERE id = ?1")
            .bind(1, crawl->id)
            .bind(2, std::int64_t{completed ? 1 : 0})
            .run();
        db.prepare(
              "DELETE FROM crawl_frontier WHERE crawl_id = ?1 AND document_id IS NULL AND "
              "(session <> ?2 OR NOT ?3)")
            .bind(1, crawl->id)
            .bind(2, crawl->number)
            .bind(3, std::int64_t{completed ? 1 : 0})
            .run();
    });
}

std::vector<FrontierPage> SqliteFrontier::list_pages(const CallContext& context,
                                                     const CrawlKey& key) {
    std::vector<FrontierPage> pages;
    database_->read(context, [&](Connection& db) {
        pages.clear();
        Statement rows = db.prepare(query_pages);
        rows.bind(1, key.collection).bind(2, std::string_view(key.root_url));
        while (rows.step()) {
            pages.push_back(read_page(rows));
        }
    });
    return pages;
}

void SqliteFrontier::save_step(const CallContext& context, const CrawlKey& key,
                               const FrontierStep& step) {
    const std::string counts = to_stored_json(step.counts);
    database_->write(context, [&](Connection& db) {
        const auto crawl = find_crawl(db, key);
        if (!crawl || !crawl->session.open || crawl->session.id != step.session) {
            throw_session_over(key);
        }
        const Timestamp now = database_->now();
        for (const FrontierChange& change : step.pages) {
            write_page(db, *crawl, change.page);
            if (change.page.document != 0 && !change.touch.empty()) {
                touch(db, now, change);
            }
        }
        db.prepare("UPDATE crawls SET counts = ?2 WHERE id = ?1")
            .bind(1, crawl->id)
            .bind(2, std::string_view(counts))
            .run();
    });
}

CrawlExtent SqliteFrontier::measure(const CallContext& context, const CrawlKey& key) {
    CrawlExtent extent;
    database_->read(context, [&](Connection& db) {
        Statement row = db.prepare(
            "SELECT count(*), coalesce(sum((SELECT count(*) FROM document_chunks k WHERE "
            "k.document_id = p.document_id)), 0) FROM (SELECT DISTINCT f.document_id FROM crawls c "
            "JOIN crawl_frontier f ON f.crawl_id = c.id WHERE c.collection_id = ?1 AND "
            "c.root_url = ?2 AND f.document_id IS NOT NULL) p");
        row.bind(1, key.collection).bind(2, std::string_view(key.root_url));
        row.step();
        extent = {row.integer(0), row.integer(1)};
    });
    return extent;
}

std::vector<std::string> SqliteFrontier::list_owners(const CallContext& context,
                                                     std::int64_t collection, DocumentId document) {
    std::vector<std::string> roots;
    database_->read(context, [&](Connection& db) {
        roots.clear();
        Statement rows = db.prepare(
            "SELECT DISTINCT c.root_url FROM crawl_frontier f JOIN crawls c ON c.id = f.crawl_id "
            "WHERE f.document_id = ?2 AND c.collection_id = ?1 ORDER BY c.root_url");
        rows.bind(1, collection).bind(2, document);
        while (rows.step()) {
            roots.push_back(rows.text(0));
        }
    });
    return roots;
}

}  // namespace rag::storage

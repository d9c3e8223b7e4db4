-- Where crawls are. A page's row with a document is the crawl's ownership of that document.

DROP TABLE crawl_owners;
DROP TABLE crawl_frontier;

CREATE TABLE crawls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    root_url TEXT NOT NULL,
    session_id TEXT NOT NULL,
    -- Counts the sessions; a page belongs to the last one that reached it.
    session INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    request TEXT NOT NULL,
    completed_request TEXT NOT NULL,
    counts TEXT NOT NULL,
    UNIQUE (collection_id, root_url)
) STRICT;

CREATE TABLE crawl_frontier (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    crawl_id INTEGER NOT NULL REFERENCES crawls (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    session INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    place INTEGER NOT NULL,
    parent_url TEXT,
    state TEXT NOT NULL,
    status INTEGER NOT NULL,
    error TEXT NOT NULL,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    checked_at INTEGER NOT NULL,
    document_id INTEGER REFERENCES source_documents (id) ON DELETE SET NULL,
    UNIQUE (crawl_id, url)
) STRICT;
CREATE INDEX crawl_frontier_by_document ON crawl_frontier (document_id)
    WHERE document_id IS NOT NULL;

-- Crawls from before told their pages in the pages' metadata alone.
CREATE TEMP TABLE crawled AS
SELECT m.collection_id, d.id AS document_id, d.metadata, d.updated_at,
    coalesce(o.value, d.crawl_root_url) AS root_url
FROM source_documents d
JOIN collection_documents m ON m.document_id = d.id
LEFT JOIN json_each(d.metadata, '$.crawl_owners') o ON o.type = 'text'
WHERE d.file_type = 'web_page' AND typeof(d.crawl_root_url) = 'text';

INSERT INTO crawls (collection_id, root_url, session_id, session, started_at, is_open, request,
    completed_request, counts)
SELECT collection_id, root_url,
    coalesce(max(CAST(json_extract(metadata, '$.crawl_session_id') AS TEXT)), ''), 1,
    max(updated_at), 0, 'null', 'null', 'null'
FROM crawled GROUP BY 1, 2;

INSERT OR IGNORE INTO crawl_frontier (crawl_id, url, session, depth, place, parent_url, state,
    status, error, etag, last_modified, checked_at, document_id)
SELECT c.id, CAST(json_extract(p.metadata, '$.source') AS TEXT), 1,
    coalesce(CAST(json_extract(p.metadata, '$.crawl_depth') AS INTEGER), 0), p.document_id,
    CAST(json_extract(p.metadata, '$.parent_url') AS TEXT), 'done', 200, '',
    coalesce(CAST(json_extract(p.metadata, '$.etag') AS TEXT), ''), '', 0, p.document_id
FROM crawled p
JOIN crawls c ON c.collection_id = p.collection_id AND c.root_url = p.root_url
WHERE json_extract(p.metadata, '$.source') IS NOT NULL;

DROP TABLE crawled;

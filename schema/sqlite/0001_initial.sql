-- Times are milliseconds since 1970 in UTC. Ids are AUTOINCREMENT: never used again.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE embedding_spaces (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    UNIQUE (model, dimensions)
) STRICT;

CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    space_id INTEGER NOT NULL REFERENCES embedding_spaces (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE source_documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    filename TEXT NOT NULL,
    file_type TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- When the present content came in; another clock than updated_at, which metadata moves too.
    content_at INTEGER NOT NULL,
    crawl_root_url ANY GENERATED ALWAYS AS (json_extract(metadata, '$.crawl_root_url')) VIRTUAL,
    -- Last, so that what comes before it is read without following its overflow pages.
    content TEXT NOT NULL
) STRICT;
CREATE INDEX source_documents_by_update ON source_documents (updated_at, id);
CREATE INDEX source_documents_by_root ON source_documents (crawl_root_url)
    WHERE crawl_root_url IS NOT NULL;

CREATE TABLE document_versions (
    document_id INTEGER NOT NULL REFERENCES source_documents (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    filename TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (document_id, version)
) STRICT;

CREATE TABLE collection_documents (
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES source_documents (id) ON DELETE CASCADE,
    identity TEXT,
    PRIMARY KEY (collection_id, document_id),
    UNIQUE (collection_id, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX collection_documents_by_document ON collection_documents (document_id);

CREATE TABLE document_chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES source_documents (id) ON DELETE CASCADE,
    chunk_index INTEGER NOT NULL,
    char_start INTEGER,
    char_end INTEGER,
    text_key INTEGER NOT NULL,
    heading_path TEXT NOT NULL,
    metadata TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (document_id, chunk_index)
) STRICT;

-- `codes` holds one signed byte for each dimension, or two (little endian) where one would be too
-- coarse; a component is its code times `scale`.
CREATE TABLE vectors (
    id INTEGER PRIMARY KEY,
    chunk_id INTEGER NOT NULL REFERENCES document_chunks (id) ON DELETE CASCADE,
    space_id INTEGER NOT NULL REFERENCES embedding_spaces (id),
    scale REAL NOT NULL,
    codes BLOB NOT NULL,
    UNIQUE (chunk_id, space_id)
) STRICT;

-- Analysed terms with one space between; rowid is the chunk's id.
CREATE VIRTUAL TABLE words USING fts5 (terms, tokenize = 'rag_terms', detail = full);
CREATE VIRTUAL TABLE words_vocabulary USING fts5vocab ('words', 'row');

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    principal TEXT NOT NULL,
    join_key TEXT NOT NULL,
    request TEXT NOT NULL,
    progress TEXT NOT NULL,
    result TEXT NOT NULL,
    error TEXT NOT NULL,
    state TEXT NOT NULL,
    stop_requested INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_by_join_key ON jobs (join_key) WHERE state IN ('queued', 'running');

CREATE TABLE crawl_frontier (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    root_url TEXT NOT NULL,
    url TEXT NOT NULL,
    depth INTEGER NOT NULL,
    parent_url TEXT,
    state TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    document_id INTEGER REFERENCES source_documents (id) ON DELETE SET NULL,
    UNIQUE (collection_id, root_url, url)
) STRICT;
CREATE INDEX crawl_frontier_by_document ON crawl_frontier (document_id);

CREATE TABLE crawl_owners (
    collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    root_url TEXT NOT NULL,
    document_id INTEGER NOT NULL REFERENCES source_documents (id) ON DELETE CASCADE,
    PRIMARY KEY (collection_id, root_url, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX crawl_owners_by_document ON crawl_owners (document_id);

CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    collection_id INTEGER NOT NULL,
    document_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    collections TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE ended_sessions (
    id TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;

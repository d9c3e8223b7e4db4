-- @S. is the schema of our tables, @VECTOR the qualified type of a vector.

create table @S.meta (
    key text primary key,
    value text not null
);
insert into @S.meta (key, value) values ('epoch', gen_random_uuid()::text);

create table @S.collections (
    id bigint generated always as identity primary key,
    name text collate "C" not null unique,
    description text not null,
    model text not null,
    dimensions integer not null,
    created_at timestamptz(3) not null default clock_timestamp()
);

create table @S.source_documents (
    id bigint generated always as identity primary key,
    filename text not null,
    content text not null,
    file_type text not null,
    file_size bigint not null,
    metadata jsonb not null,
    content_hash text not null,
    version bigint not null default 1,
    version_created_at timestamptz(3) not null default clock_timestamp(),
    created_at timestamptz(3) not null default clock_timestamp(),
    updated_at timestamptz(3) not null default clock_timestamp()
);
create index source_documents_by_update on @S.source_documents (updated_at desc, id desc);

-- What a document was before; the current content is in source_documents.
create table @S.document_versions (
    document_id bigint not null references @S.source_documents on delete cascade,
    version bigint not null,
    filename text not null,
    content text not null,
    file_size bigint not null,
    metadata jsonb not null,
    content_hash text not null,
    created_at timestamptz(3) not null,
    primary key (document_id, version)
);

create table @S.collection_documents (
    collection_id bigint not null references @S.collections on delete cascade,
    document_id bigint not null references @S.source_documents on delete cascade,
    identity text collate "C",
    primary key (collection_id, document_id),
    unique (collection_id, identity)
);
create index collection_documents_by_document on @S.collection_documents (document_id);

create table @S.document_chunks (
    id bigint generated always as identity primary key,
    document_id bigint not null references @S.source_documents on delete cascade,
    chunk_index bigint not null,
    content text not null,
    char_start bigint,
    char_end bigint,
    heading_path text not null,
    metadata jsonb not null,
    text_key bigint not null,
    words tsvector not null,
    unique (document_id, chunk_index)
);
create index document_chunks_words on @S.document_chunks using gin (words);

create table @S.embedding_spaces (
    id bigint generated always as identity primary key,
    model text not null,
    dimensions integer not null,
    unique (model, dimensions)
);

create table @S.chunk_vectors (
    space_id bigint not null references @S.embedding_spaces,
    chunk_id bigint not null references @S.document_chunks on delete cascade,
    embedding @VECTOR not null,
    primary key (chunk_id, space_id)
);

create table @S.jobs (
    id text primary key,
    kind text not null,
    principal text not null,
    join_key text not null,
    request json not null,
    progress json not null default 'null',
    result json not null default 'null',
    error text not null default '',
    state text not null default 'queued',
    stop_requested boolean not null default false,
    lease_owner text,
    lease_until timestamptz,
    created_at timestamptz(3) not null default clock_timestamp(),
    updated_at timestamptz(3) not null default clock_timestamp(),
    seq bigint generated always as identity
);
create unique index jobs_live on @S.jobs (join_key) where state in ('queued', 'running');

create table @S.crawl_frontier (
    id bigint generated always as identity primary key,
    collection_id bigint not null references @S.collections on delete cascade,
    root_url text not null,
    url text not null,
    depth integer not null,
    parent_url text,
    state text not null,
    etag text,
    last_modified text,
    document_id bigint references @S.source_documents on delete set null,
    unique (collection_id, root_url, url)
);
create index crawl_frontier_by_document on @S.crawl_frontier (document_id);

create table @S.crawl_owners (
    collection_id bigint not null references @S.collections on delete cascade,
    root_url text not null,
    document_id bigint not null references @S.source_documents on delete cascade,
    primary key (collection_id, root_url, document_id)
);
create index crawl_owners_by_document on @S.crawl_owners (document_id);

-- A follower reads what lies below the oldest transaction that is still open; seq alone is no
-- position, because a lower one may commit later.
create table @S.changes (
    txid xid8 not null default pg_current_xact_id(),
    seq bigint generated always as identity,
    op text not null,
    collection_id bigint not null,
    document_id bigint not null,
    created_at timestamptz(3) not null default clock_timestamp(),
    primary key (txid, seq)
);

create table @S.api_tokens (
    name text primary key,
    role text not null,
    collections text[] not null default '{}',
    secret_hash text not null unique,
    created_at timestamptz(3) not null default clock_timestamp()
);

create table @S.ended_sessions (
    id text primary key,
    expires_at timestamptz(3) not null
);

alter table @S.meta enable row level security;
alter table @S.collections enable row level security;
alter table @S.source_documents enable row level security;
alter table @S.document_versions enable row level security;
alter table @S.collection_documents enable row level security;
alter table @S.document_chunks enable row level security;
alter table @S.embedding_spaces enable row level security;
alter table @S.chunk_vectors enable row level security;
alter table @S.jobs enable row level security;
alter table @S.crawl_frontier enable row level security;
alter table @S.crawl_owners enable row level security;
alter table @S.changes enable row level security;
alter table @S.api_tokens enable row level security;
alter table @S.ended_sessions enable row level security;

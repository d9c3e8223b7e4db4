-- Where crawls are. A page's row with a document is the crawl's ownership of that document.

drop table @S.crawl_owners;
drop table @S.crawl_frontier;

create table @S.crawls (
    id bigint generated always as identity primary key,
    collection_id bigint not null references @S.collections on delete cascade,
    root_url text not null,
    session_id text not null,
    -- Counts the sessions; a page belongs to the last one that reached it.
    session bigint not null,
    started_at bigint not null,
    is_open boolean not null,
    request text not null,
    completed_request text not null,
    counts text not null
);
-- By a hash, because an index entry holds less than the longest URL.
create unique index crawls_by_root on @S.crawls (collection_id, md5(root_url));

-- Times are milliseconds since 1970.
create table @S.crawl_frontier (
    id bigint generated always as identity primary key,
    crawl_id bigint not null references @S.crawls on delete cascade,
    url text not null,
    session bigint not null,
    depth bigint not null,
    place bigint not null,
    parent_url text,
    state text not null,
    status bigint not null,
    error text not null,
    etag text not null,
    last_modified text not null,
    checked_at bigint not null,
    document_id bigint references @S.source_documents on delete set null
);
create unique index crawl_frontier_by_url on @S.crawl_frontier (crawl_id, md5(url));
create index crawl_frontier_by_document on @S.crawl_frontier (document_id)
    where document_id is not null;

-- Crawls from before told their pages in the pages' metadata alone.
create temporary table crawled on commit drop as
select m.collection_id, d.id as document_id, d.metadata, d.updated_at,
    coalesce(o.root_url, d.metadata->>'crawl_root_url') as root_url
from @S.source_documents d
join @S.collection_documents m on m.document_id = d.id
left join lateral jsonb_array_elements_text(
    case when jsonb_typeof(d.metadata->'crawl_owners') = 'array'
        then d.metadata->'crawl_owners' else '[]' end) o (root_url) on true
where d.file_type = 'web_page' and jsonb_typeof(d.metadata->'crawl_root_url') = 'string';

insert into @S.crawls (collection_id, root_url, session_id, session, started_at, is_open, request,
    completed_request, counts)
select collection_id, root_url, coalesce(max(metadata->>'crawl_session_id'), ''), 1,
    (extract(epoch from max(updated_at)) * 1000)::bigint, false, 'null', 'null', 'null'
from crawled group by 1, 2;

insert into @S.crawl_frontier (crawl_id, url, session, depth, place, parent_url, state, status,
    error, etag, last_modified, checked_at, document_id)
select c.id, p.metadata->>'source', 1,
    case when p.metadata->>'crawl_depth' ~ '^[0-9]{1,9}$'
        then (p.metadata->>'crawl_depth')::bigint else 0 end,
    p.document_id, p.metadata->>'parent_url', 'done', 200, '', coalesce(p.metadata->>'etag', ''),
    '', 0, p.document_id
from crawled p
join @S.crawls c on c.collection_id = p.collection_id and c.root_url = p.root_url
where p.metadata->>'source' is not null
on conflict do nothing;

alter table @S.crawls enable row level security;
alter table @S.crawl_frontier enable row level security;

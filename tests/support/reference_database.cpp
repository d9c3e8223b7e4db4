#include "support/reference_database.hpp"

namespace rag::test {

std::string reference_tables_sql(int dimensions) {
    const std::string size = std::to_string(dimensions);
    return R"(
create extension if not exists vector;
create table public.collections (
    id serial primary key, name varchar(255) unique not null, description text,
    created_at timestamp default current_timestamp);
create table public.source_documents (
    id serial primary key, filename text not null, content text not null, file_type text,
    file_size integer, metadata jsonb default '{}', created_at timestamp default current_timestamp,
    updated_at timestamp default current_timestamp);
create table public.document_chunks (
    id serial primary key,
    source_document_id integer not null references public.source_documents on delete cascade,
    chunk_index integer not null, content text not null, char_start integer, char_end integer,
    metadata jsonb default '{}', embedding vector()" +
           size + R"(), created_at timestamp default current_timestamp);
create table public.chunk_collections (
    chunk_id integer references public.document_chunks on delete cascade,
    collection_id integer references public.collections on delete cascade,
    primary key (chunk_id, collection_id));
insert into public.collections (id, name, description, created_at) values
    (3, 'animals', 'About animals', '2025-10-01 12:00:00'), (7, 'plants', null, '2025-10-02');
insert into public.source_documents
    (id, filename, content, file_type, file_size, metadata, created_at, updated_at) values
    (10, 'okapi.md', 'The okapi eats leaves. It lives in forests.', 'md', 43,
     '{"topic": "okapi"}', '2025-10-01 12:30:00', '2025-10-05 08:00:00'),
    (11, 'quokka', 'Quokkas smile.', null, null, null, '2025-10-01', null),
    (14, 'oak', 'Oaks grow slowly.', 'text', 17, '[1]', '2025-10-02', '2025-10-02'),
    (15, 'food', 'Leaves feed the okapi.', 'text', 22, '{}', '2025-10-02', '2025-10-02'),
    (20, 'alone', 'Nobody finds this.', 'text', 18, '{}', '2025-10-02', '2025-10-02');
insert into public.document_chunks
    (id, source_document_id, chunk_index, content, char_start, char_end, metadata, embedding)
select id, document, place, content, 0, 5, '{"topic": "chunk"}',
    case when id <> 104 then
        (select array_agg(case when i = id - 100 then 1 else 0 end)::vector
         from generate_series(0, )" +
           std::to_string(dimensions - 1) + R"() i) end
from (values (100, 10, 0, 'The okapi eats leaves.'), (101, 10, 5, 'It lives in forests.'),
             (102, 11, 0, 'Quokkas smile.'), (103, 14, 0, 'Oaks grow slowly.'),
             (104, 14, 1, 'Very slowly.'), (105, 15, 0, 'Leaves feed the okapi.'),
             (106, 20, 0, 'Nobody finds this.')) as v(id, document, place, content);
insert into public.chunk_collections values
    (100, 3), (101, 3), (102, 3), (103, 7), (104, 7), (105, 3), (105, 7);
select setval('public.collections_id_seq', 9), setval('public.source_documents_id_seq', 25),
    setval('public.document_chunks_id_seq', 120);
)";
}

std::string reference_digest_sql() {
    return "select (select string_agg(c::text, '|' order by id) from public.collections c) || "
           "(select string_agg(d::text, '|' order by id) from public.source_documents d) || "
           "(select md5(string_agg(k::text, '|' order by id)) from public.document_chunks k) || "
           "(select string_agg(m::text, '|' order by chunk_id, collection_id) from "
           "public.chunk_collections m)";
}

}  // namespace rag::test

-- What was copied from a reference database; it is not copied again when it is gone from here.
create table @S.taken_over (
    kind text not null,
    id bigint not null,
    taken_at timestamptz(3) not null default clock_timestamp(),
    primary key (kind, id)
);
alter table @S.taken_over enable row level security;

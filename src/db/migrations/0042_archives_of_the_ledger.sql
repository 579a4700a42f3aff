-- Months of the ledger that were exported and are no partition any more: what their archives have to
-- be, and whose usage is in them. Nothing that is there is looked at or changed.

-- The hash is of the manifest, which has those of all the rest.
create table usage_archives (
  name             text primary key,
  starts           timestamptz not null,
  ends             timestamptz not null,
  events           bigint not null,
  tokens           jsonb not null,
  manifest_sha256  text not null,
  archived_at      timestamptz not null default clock_timestamp()
);

-- A row for each customer and month: who reads a time of theirs learns that it is not all there.
create table usage_archive_customers (
  customer           text not null,
  name               text not null references usage_archives on delete cascade,
  events             bigint not null,
  first_occurred_at  timestamptz not null,
  last_occurred_at   timestamptz not null,
  primary key (customer, name)
);

-- Who may read the ledger may know what of it is elsewhere.
do $$
declare
  reader text;
begin
  for reader in
    select distinct case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
      from pg_class cross join lateral aclexplode(relacl)
     where pg_class.oid = 'usage_events'::regclass and grantee <> relowner
       and privilege_type = 'SELECT'
  loop
    execute format('grant select on usage_archives, usage_archive_customers to %s', reader);
  end loop;
end $$;

-- What was sold when: catalogs by the hash of what customers pay for. Never deleted.
create table catalog_versions (
  version   text primary key,
  catalog   jsonb not null,
  stored_at timestamptz not null default now()
);

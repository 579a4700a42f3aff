-- How a model was called by an app, where the catalog knows it by another name; and the models that
-- the catalog says nothing of, so that somebody is told what they are.

set local lock_timeout = '2s';

alter table usage_events add column sent_model text;

create table unknown_models (
  model text primary key,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
);

-- Statement by statement: calls of models go on meanwhile.

-- Batches of calls that were made at a provider through the proxy: whose each is, and where its
-- results lie. Their usage is recorded when the results are read, for whoever made the batch.
create table if not exists made_batches (
  -- The route of the proxy.
  upstream     text not null,
  id           text not null,
  customer     text not null,
  output_file  text,
  error_file   text,
  made_at      timestamptz not null default now(),
  -- Results were first asked for: usage is of that moment, however often they are read.
  read_at      timestamptz,
  -- They were read to their end, or there are none.
  closed_at    timestamptz,
  primary key (upstream, id)
);

create index if not exists made_batches_output on made_batches (upstream, output_file);
create index if not exists made_batches_error on made_batches (upstream, error_file);
-- Each that is noted clears away some that the provider has forgotten.
create index if not exists made_batches_age on made_batches (made_at);

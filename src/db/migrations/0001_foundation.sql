-- The ledger, its batches and roll-up, the Stripe inbox, customers, keys and audit entries.

create table customers (
  customer            text primary key,
  email               text not null,
  name                text,
  plan                text not null,
  test_clock          text,
  stripe_customer_id  text unique,
  subscription_id     text unique,
  -- Projected by the billing workflow on a change of state; the workflow is the authority.
  billing_status      text not null default 'pending',
  period_start        timestamptz,
  period_end          timestamptz,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);

-- Append-only. `tx` is the inserting transaction: everything below the snapshot's horizon is final,
-- which is what sealing relies on.
create table usage_events (
  id            text primary key,
  customer      text not null,
  model         text not null,
  vendor        text,
  input         bigint not null default 0,
  output        bigint not null default 0,
  cache_read    bigint not null default 0,
  cache_write   bigint not null default 0,
  reasoning     bigint not null default 0,
  occurred_at   timestamptz not null,
  recorded_at   timestamptz not null default clock_timestamp(),
  metadata      jsonb,
  content_hash  bytea not null,
  tx            xid8 not null default pg_current_xact_id()
);
create index usage_events_tx on usage_events (tx);
create index usage_events_customer_time on usage_events (customer, occurred_at);

-- One row: all usage events of transactions below `horizon` are sealed.
create table sealing_state (
  singleton  boolean primary key default true check (singleton),
  horizon    xid8 not null
);
insert into sealing_state (horizon) values ('0');

create table usage_batches (
  customer   text not null,
  sequence   bigint not null,
  lines      jsonb not null,
  tokens     bigint not null,
  -- The batch sums the customer's usage events with tx_from <= tx < tx_to (shared by split batches).
  tx_from    xid8 not null,
  tx_to      xid8 not null,
  sealed_at  timestamptz not null default clock_timestamp(),
  primary key (customer, sequence)
);

create table usage_daily (
  customer    text not null,
  day         date not null,
  model       text not null,
  token_type  text not null,
  vendor      text not null default '',
  tokens      bigint not null,
  primary key (customer, day, model, token_type, vendor)
);

-- The outbox cursor of each customer: batches above forwarded_sequence wait for the workflow.
create table usage_forwarding (
  customer            text primary key,
  last_sequence       bigint not null default 0,
  forwarded_sequence  bigint not null default 0,
  next_forward_at     timestamptz not null default '-infinity',
  lease_owner         text,
  lease_expires_at    timestamptz
);
create index usage_forwarding_waiting on usage_forwarding (next_forward_at)
  where forwarded_sequence < last_sequence;

-- Inbox of Stripe's webhooks. 2xx is answered once the row is committed.
create table stripe_events (
  id                text primary key,
  type              text not null,
  api_version       text,
  stripe_account    text,
  object_id         text,
  stripe_customer_id text,
  created           timestamptz not null,
  received_at       timestamptz not null default now(),
  payload           jsonb not null,
  -- waiting: to be forwarded; forwarded: a workflow has it; ignored: concerns no customer of ours.
  status            text not null default 'waiting' check (status in ('waiting', 'forwarded', 'ignored')),
  attempts          integer not null default 0,
  next_attempt_at   timestamptz not null default '-infinity',
  last_error        text,
  settled_at        timestamptz
);
create index stripe_events_waiting on stripe_events (next_attempt_at) where status = 'waiting';

create table api_keys (
  id          text primary key,
  name        text not null,
  hash        bytea not null unique,
  scopes      text[] not null,
  created_at  timestamptz not null default now(),
  revoked_at  timestamptz
);

-- One row per period that the workflow knows; the statement is final once archived.
create table billing_periods (
  customer      text not null,
  period_start  timestamptz not null,
  period_end    timestamptz not null,
  plan          text not null,
  terms         jsonb not null,
  status        text not null,
  invoice_id    text,
  statement     jsonb not null,
  updated_at    timestamptz not null default now(),
  archived_at   timestamptz,
  primary key (customer, period_start)
);

-- What, why and from which inputs. Chained by hash per customer: an entry can't be changed unseen.
create table audit_entries (
  customer       text not null,
  entry_number   bigint not null,
  key            text not null,
  kind           text not null,
  detail         jsonb not null,
  at             timestamptz not null default clock_timestamp(),
  previous_hash  bytea not null,
  hash           bytea not null,
  primary key (customer, entry_number),
  unique (customer, key)
);

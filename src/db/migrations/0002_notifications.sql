-- What customers and apps are told, and how far each channel is with it.

-- The key makes the same fact one row, whoever tells it again. Rows stay: a recount of the whole
-- ledger must find them.
create table notifications (
  key         text primary key,
  type        text not null,
  customer    text not null,
  data        jsonb not null,
  decided_at  timestamptz not null,
  created_at  timestamptz not null default now()
);
create index notifications_customer on notifications (customer, decided_at);

create table notification_deliveries (
  key              text not null references notifications,
  channel          text not null check (channel in ('email', 'webhook')),
  -- skipped: there is nobody to send it to; failed: given up, or refused for good.
  state            text not null default 'pending'
                     check (state in ('pending', 'sent', 'failed', 'skipped')),
  attempts         integer not null default 0,
  next_attempt_at  timestamptz not null default '-infinity',
  last_error       text,
  settled_at       timestamptz,
  primary key (key, channel)
);
create index notification_deliveries_pending on notification_deliveries (next_attempt_at)
  where state = 'pending';
create index notification_deliveries_state on notification_deliveries (channel, state);

-- Endpoints that answered 410 Gone: what is for them waits. Delete the row to go on.
create table notification_endpoints_gone (
  url     text primary key,
  gone_at timestamptz not null default now()
);

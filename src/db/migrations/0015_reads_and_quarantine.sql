-- Vendors' accounts are read at Stripe without a lock: each reading that is written down counts, so
-- that one which began before is known to be older.
alter table vendors add column account_readings bigint not null default 0;

-- Usage events that sealing can't put into any batch. They stay in the ledger, and are told: no
-- other customer waits for them. Mended or decided, `settled_at` is set by hand.
create table usage_quarantine (
  id              text primary key references usage_events (id),
  customer        text not null,
  reason          text not null,
  quarantined_at  timestamptz not null default clock_timestamp(),
  settled_at      timestamptz
);

-- How far the daily reconciliation has read Stripe's list of events.

-- At most one row: every event of before `listed_until` is in the inbox, or none of billing's.
create table stripe_event_cursor (
  singleton     boolean primary key default true check (singleton),
  listed_until  timestamptz not null
);

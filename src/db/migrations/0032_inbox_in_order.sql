-- Statement by statement: Stripe's events are received while the index is built.

-- What an attempt left behind that was ended; it is not in use.
do $$
begin
  perform set_config('lock_timeout', '2s', true);
  if exists (select from pg_index where indexrelid = to_regclass('stripe_events_due')
                and not indisvalid) then
    drop index stripe_events_due;
  end if;
end $$;

-- A claim reads as many entries as it takes events, in the order in which it takes them.
create index concurrently if not exists stripe_events_due
  on stripe_events (next_attempt_at, id) where status = 'waiting';

drop index concurrently if exists stripe_events_waiting;

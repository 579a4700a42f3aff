-- Statement by statement: Stripe's events are received while the index is built.

-- What an attempt left behind that was ended; it is not in use.
do $$
begin
  perform set_config('lock_timeout', '2s', true);
  if exists (select from pg_index where indexrelid = to_regclass('stripe_events_whole')
                and not indisvalid) then
    drop index stripe_events_whole;
  end if;
end $$;

-- Events that have their whole payload still are found by their age, once they are settled.
create index concurrently if not exists stripe_events_whole
  on stripe_events (settled_at) where payload ? 'id';

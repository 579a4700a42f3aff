-- Statement by statement: usage goes on while the index is built, however much there is.

-- What an attempt left behind that was ended; it is not in use.
do $$
begin
  perform set_config('lock_timeout', '2s', true);
  if exists (select from pg_index where indexrelid = to_regclass('usage_events_customer_id')
                and not indisvalid) then
    drop index usage_events_customer_id;
  end if;
end $$;

-- A usage event's id is its customer's own. The next file makes it the key.
create unique index concurrently if not exists usage_events_customer_id
  on usage_events (customer, id);

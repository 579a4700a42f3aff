-- Statement by statement: vendors are paid while the index is built, however much there is.

-- What an attempt left behind that was ended; it is not in use.
do $$
begin
  perform set_config('lock_timeout', '2s', true);
  if exists (select from pg_index where indexrelid = to_regclass('vendor_entries_movements')
                and not indisvalid) then
    drop index vendor_entries_movements;
  end if;
end $$;

-- Transfers and reversals of a vendor, in the order of booking: a page of them costs a page.
create index concurrently if not exists vendor_entries_movements
  on vendor_entries (vendor, entry_number, period_start)
  where kind in ('transfer', 'reversal');

-- What a billing workflow goes on from when its run is lost, with the usage batches since.

create table billing_snapshots (
  customer  text primary key,
  -- src/core/state/billing-state.ts, with its schemaVersion
  state     jsonb not null,
  -- The workflow's clock tells it: an older one never replaces a newer one.
  taken_at  timestamptz not null
);

-- Few among a customer's many reports: what was decided about money is found without reading those.
create index audit_entries_decisions on audit_entries (customer, entry_number)
  where kind in ('late_usage_invoiced', 'late_usage_written_off', 'exception_resolved');

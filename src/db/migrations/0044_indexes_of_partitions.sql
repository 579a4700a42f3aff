-- What a partition of the ledger is made of stands once: whoever makes one for a month to come, and
-- whoever puts an old one back from its archive, asks this for its key and indexes.

-- `named`: what the indexes are named after, where that is not what the table is called meanwhile.
create function index_usage_partition(part text, named text default null) returns void
  language plpgsql set search_path = public, pg_temp as $$
declare
  prefix text := coalesce(named, part);
begin
  execute format('alter table %I add constraint %I primary key (customer, id)', part, prefix || '_pkey');
  execute format('create index %I on %I (tx)', prefix || '_tx', part);
  execute format('create index %I on %I (customer, occurred_at)', prefix || '_customer_time', part);
end
$$;

revoke all on function index_usage_partition(text, text) from public;

-- As in migration 0040, but for the indexes.
create or replace function make_usage_partitions(months_ahead integer default 3)
  returns setof text language plpgsql security definer
  set search_path = public, pg_temp set timezone = 'UTC' as $$
declare
  wanted timestamptz := date_trunc('month', clock_timestamp()) + (months_ahead + 1) * interval '1 month';
  starts timestamptz;
  part text;
begin
  if (select max(ends) from usage_partitions) >= wanted then
    return;
  end if;
  perform set_config('lock_timeout', '2s', true);
  perform pg_advisory_xact_lock(7306514002);
  loop
    select max(ends) into starts from usage_partitions;
    exit when starts >= wanted;
    part := 'usage_events_' || to_char(starts, 'YYYY_MM');
    execute format('create table %I (like usage_events including defaults including storage)', part);
    perform index_usage_partition(part);
    execute format('alter table usage_events attach partition %I for values from (%L) to (%L)',
                   part, starts, starts + interval '1 month');
    return next part;
  end loop;
end
$$;

-- Statement by statement: usage is recorded while the ledger that is there becomes the first
-- partition of one that is divided by the time of recording. No row is written.

-- The ledger's partitions, each [starts, ends). Names and times alone: everybody may know them.
create or replace view usage_partitions as
  select part.relname::text as name, (part.oid)::regclass as part,
         substring(bound from 'FROM \(''([^'']*)''\)')::timestamptz as starts,
         substring(bound from 'TO \(''([^'']*)''\)')::timestamptz as ends
    from pg_inherits
    join pg_class as part on part.oid = inhrelid
   cross join lateral pg_get_expr(part.relpartbound, part.oid) as bound
   where inhparent = to_regclass('public.usage_events');

grant select on usage_partitions to public;

-- Makes the partitions of the months to come, as far as they are missing; answers their names. Whoever
-- records usage waits for none of it: each is made by itself, and attached empty.
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
    execute format('alter table %I add primary key (customer, id)', part);
    execute format('create index %I on %I (tx)', part || '_tx', part);
    execute format('create index %I on %I (customer, occurred_at)', part || '_customer_time', part);
    execute format('alter table usage_events attach partition %I for values from (%L) to (%L)',
                   part, starts, starts + interval '1 month');
    return next part;
  end loop;
end
$$;

revoke all on function make_usage_partitions(integer) from public;

-- The ledger of before goes on as it is until a month ends, with days to get there. Rows that are
-- there are not looked at yet; an attempt that was ended is begun anew.
do $$
declare
  ends timestamptz := (date_trunc('month', (now() + interval '7 days') at time zone 'UTC')
                        + interval '1 month') at time zone 'UTC';
begin
  perform set_config('lock_timeout', '2s', true);
  if (select relkind from pg_class where oid = 'usage_events'::regclass) <> 'r' then
    return;
  end if;
  alter table usage_events drop constraint if exists usage_events_first_ends;
  execute format('alter table usage_events add constraint usage_events_first_ends
                    check (recorded_at >= ''-infinity'' and recorded_at < %L) not valid', ends);
end $$;

-- All rows are read, and nobody waits.
do $$
begin
  if (select relkind from pg_class where oid = 'usage_events'::regclass) = 'r' then
    alter table usage_events validate constraint usage_events_first_ends;
  end if;
end $$;

-- The change itself is one of the catalog. Whoever records usage waits two seconds at most for those
-- who read it; then this is given up, and tried again (src/db/migrate.ts). Who may do what with the
-- ledger may do it with the divided one. Rows stand for themselves: what is set aside is in the
-- ledger because it was read there.
do $$
declare
  ends text;
  reference name;
  allowed record;
begin
  if (select relkind from pg_class where oid = 'usage_events'::regclass) <> 'r' then
    return;
  end if;
  perform set_config('lock_timeout', '2s', true);
  lock table usage_events, usage_quarantine in access exclusive mode;
  select substring(pg_get_constraintdef(oid) from '< ''([^'']*)''') into strict ends
    from pg_constraint where conname = 'usage_events_first_ends';
  for reference in select conname from pg_constraint
                    where conrelid = 'usage_quarantine'::regclass and contype = 'f' loop
    execute format('alter table usage_quarantine drop constraint %I', reference);
  end loop;
  alter table usage_events rename to usage_events_first;
  create table usage_events (like usage_events_first including defaults including storage)
    partition by range (recorded_at);
  execute format('alter table usage_events attach partition usage_events_first
                    for values from (''-infinity'') to (%L)', ends);
  alter table usage_events_first drop constraint usage_events_first_ends;
  -- Where the partition begins in which usage of a time is recorded. All before is the first's.
  execute format('create function usage_partition_start(at timestamptz) returns timestamptz
                    language sql stable return case when at < %L::timestamptz then ''-infinity''
                                                    else date_trunc(''month'', at, ''UTC'') end', ends);
  for allowed in
    select case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as who,
           privilege_type as what
      from pg_class cross join lateral aclexplode(relacl)
     where pg_class.oid = 'usage_events_first'::regclass and grantee <> relowner
  loop
    execute format('grant %s on usage_events to %s', allowed.what, allowed.who);
    if allowed.what = 'INSERT' then
      execute format('grant execute on function make_usage_partitions(integer) to %s', allowed.who);
    end if;
  end loop;
  perform make_usage_partitions();
end $$;

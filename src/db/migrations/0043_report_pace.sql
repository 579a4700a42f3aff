-- How often all workers send usage on, found out by how long reports have waited: one row.
create table report_pace (
  singleton        boolean primary key default true check (singleton),
  -- A customer who uses something all the time makes the interval longer by so much.
  ms_per_customer  float8 not null default 0,
  -- Null: nobody has seen a report wait.
  wait_ms          float8,
  waited_at        timestamptz,
  decided_at       timestamptz,
  interval_ms      float8 not null default 0,
  asked_ms         float8 not null default 0
);
insert into report_pace default values;

-- Who moves the cursors of the outbox has the pace of doing so, too; who may read them, may read it.
do $$
declare
  privilege record;
begin
  for privilege in
    select distinct privilege_type as kind,
           case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as role
      from pg_class cross join lateral aclexplode(relacl)
     where pg_class.oid = 'usage_forwarding'::regclass and grantee <> relowner
       and privilege_type in ('SELECT', 'INSERT', 'UPDATE')
  loop
    execute format('grant %s on report_pace to %s', privilege.kind, privilege.role);
  end loop;
end $$;

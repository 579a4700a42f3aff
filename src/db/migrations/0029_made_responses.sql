-- Statement by statement: the ledger is read while usage goes on.

-- Whose the responses are that the provider stores under the operator's one key: they are looked up
-- and gone on with by whoever made them. Rows are added and never changed.
create table if not exists made_responses (
  customer  text not null,
  id        text not null,
  made_at   timestamptz not null default now(),
  primary key (customer, id)
);

-- Those of before, as long as OpenAI keeps them.
insert into made_responses (customer, id)
  select distinct customer, coalesce(metadata ->> 'responseId', id)
    from usage_events
   where recorded_at > now() - interval '30 days'
     and coalesce(metadata ->> 'responseId', id) like 'resp\_%'
  on conflict do nothing;

-- Subscriptions that were there before us. Who is observed is in no other table but the ledger's, so
-- that nothing that writes at Stripe can find them.
create table imports (
  subscription_id     text primary key,
  customer            text not null,
  stripe_customer_id  text not null,
  plan                text not null,
  catalog_version     text not null,
  price_id            text not null,
  email               text not null default '',
  name                text,
  test_clock          text,
  -- observed: counted beside whatever bills; waiting: until a renewal, to be billed from then on;
  -- billed: it is a customer's. What is refused or undone is as if it were not there.
  phase               text not null
    check (phase in ('refused', 'observed', 'waiting', 'billed', 'undone')),
  -- Why the last wish was refused. Null: it was not.
  refusal             text,
  observed_since      timestamptz,
  -- The first second that is billed by us, or will be.
  bills_from          timestamptz,
  settled_at          timestamptz not null default clock_timestamp()
);
create unique index imports_customer on imports (customer) where phase in ('observed', 'waiting');
create unique index imports_stripe_customer on imports (stripe_customer_id)
  where phase in ('observed', 'waiting');

-- An adopted subscription is older than what we bill of it. Null: all of it is ours. With a constant
-- default no row is written; whoever reads customers is waited for two seconds at most.
set local lock_timeout = '2s';
alter table customers add column billed_from timestamptz;

-- The application's role deletes no customer. This it may: take back one of whom nothing was ever
-- reported, and who has no past but the import. Answers why it can't be; null: it is done.
create function forget_imported(of_subscription text) returns text
  language plpgsql security definer set search_path = public as $$
declare
  imported text;
begin
  select customer into imported from imports
   where subscription_id = of_subscription and phase = 'billed' for update;
  if imported is null then
    return null;
  end if;
  if exists (select from audit_entries where customer = imported and kind = 'usage_reported') then
    return 'usage was reported to Stripe: the import stays, and the subscription can be canceled';
  end if;
  if exists (select from former_subscriptions where customer = imported) then
    return 'the customer has had another subscription: the import stays';
  end if;
  delete from billing_periods where customer = imported;
  delete from billing_snapshots where customer = imported;
  delete from drift_checks where customer = imported;
  delete from customers where customer = imported and subscription_id = of_subscription;
  return null;
end
$$;
revoke all on function forget_imported(text) from public;

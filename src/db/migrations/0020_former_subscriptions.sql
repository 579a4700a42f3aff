-- A customer who comes back gets another subscription. Stripe still has invoices, charges and
-- rejected reports of the earlier ones, which lead to the customer by these.
create table former_subscriptions (
  subscription_id  text primary key,
  customer         text not null references customers (customer),
  replaced_at      timestamptz not null default clock_timestamp()
);
create index former_subscriptions_by_customer on former_subscriptions (customer);

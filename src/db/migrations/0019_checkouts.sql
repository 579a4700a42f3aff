-- A customer who is to begin by Stripe's Checkout has no subscription until it is paid. With a
-- constant default no row is written; whoever reads customers is waited for two seconds at most,
-- then this is given up and tried again (src/db/migrate.ts).
set local lock_timeout = '2s';
alter table customers add column awaits_checkout boolean not null default false;

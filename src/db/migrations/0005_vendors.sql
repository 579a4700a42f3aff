-- Vendors, their accounts at Stripe, and their books.

create table vendors (
  vendor             text primary key,
  email              text not null,
  name               text,
  country            text not null,
  stripe_account_id  text unique,
  -- Stripe says active, inactive or pending. Only an active one may receive transfers.
  transfers_status   text not null default 'inactive',
  payouts_enabled    boolean not null default false,
  requirements_due   text[] not null default '{}',
  disabled_reason    text,
  -- The vendor took back our access to the account.
  deauthorized_at    timestamptz,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now()
);

-- What each vendor has earned, and what of it was moved. Rows are added and never changed: the
-- balance due to a vendor is the sum of earned less the sum of moved.
create table vendor_entries (
  entry_number   bigint generated always as identity primary key,
  -- The same fact has the same key.
  key            text not null unique,
  -- A vendor of the catalog may sell before its account is made: it is booked, and waits.
  vendor         text not null,
  -- The charge that paid; the source of the transfer.
  charge_id      text not null,
  -- null: a one-off sale.
  invoice_id     text,
  customer       text not null,
  kind           text not null check (kind in
                   ('share', 'money_back', 'transfer', 'reversal', 'offset', 'due')),
  gross_cents    bigint not null default 0,
  fee_cents      bigint not null default 0,
  earned_cents   bigint not null default 0,
  moved_cents    bigint not null default 0,
  -- Stripe's id of a transfer or reversal.
  stripe_id      text,
  -- Whether a refund returns a share's fee, as the catalog had it when it was booked.
  fee_on_refund  text check (fee_on_refund in ('returned', 'kept')),
  -- The service period of the usage that was sold; of a sale its moment, twice.
  period_start   timestamptz not null,
  period_end     timestamptz not null,
  tokens         bigint not null default 0,
  -- A share may not be moved before this.
  release_at     timestamptz not null,
  recorded_at    timestamptz not null default now()
);
create index vendor_entries_vendor on vendor_entries (vendor, period_start);
create index vendor_entries_charge on vendor_entries (charge_id, vendor);

-- One-off sales by the caller's own id, so that a repeated request finds its sale.
create table vendor_charges (
  vendor             text not null references vendors,
  id                 text not null,
  customer           text not null,
  amount_cents       bigint not null check (amount_cents > 0),
  fee_cents          bigint not null check (fee_cents >= 0 and fee_cents <= amount_cents),
  description        text,
  status             text not null default 'pending'
                       check (status in ('pending', 'succeeded', 'failed', 'requires_action')),
  payment_intent_id  text,
  charge_id          text,
  failure            text,
  created_at         timestamptz not null default now(),
  primary key (vendor, id)
);

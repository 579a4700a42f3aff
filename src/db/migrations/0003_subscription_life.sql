-- A subscription's life: what is to come of it, grants, and what an unpaid invoice means for access.

alter table customers
  add column auto_upgrade boolean not null default false,
  -- Asked for when the customer was made; null: no trial.
  add column trial_days integer,
  -- Projected by the billing workflow, like billing_status.
  add column next_plan text,
  add column next_plan_from timestamptz,
  add column cancel_at timestamptz,
  add column collection_paused text,
  add column dunning_access text check (dunning_access in ('warned', 'throttled'));

create table token_grants (
  customer    text not null,
  id          text not null,
  tokens      bigint not null check (tokens > 0),
  -- Usage in [since, expires_at) may use it.
  since       timestamptz not null,
  expires_at  timestamptz,
  reason      text not null,
  granted_at  timestamptz not null default now(),
  primary key (customer, id)
);

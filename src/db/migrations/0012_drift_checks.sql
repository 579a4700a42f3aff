-- What the audit of drift last found of each customer: ledger against Stripe's meters, whatever the
-- workflow says of itself, and whether the workflow says anything at all.

create table drift_checks (
  customer       text primary key,
  -- Null: begun, and not finished yet.
  checked_at     timestamptz,
  next_check_at  timestamptz not null,
  -- Sum over rates of open periods of |ledger - meter|. Null: it could not be read.
  drift_tokens   numeric,
  -- Since when it has not been zero, or could not be read.
  differs_since  timestamptz,
  -- Since when the workflow has not answered; null: it did.
  silent_since   timestamptz,
  -- What could not be read, or what the workflow did not say, in a sentence.
  fault          text
);

create index drift_checks_due on drift_checks (next_check_at);

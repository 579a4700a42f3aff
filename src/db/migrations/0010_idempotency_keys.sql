-- Which request an Idempotency-Key belongs to, and what it was answered.

create table idempotency_keys (
  key text primary key,
  -- SHA-256 of route and body.
  request_hash text not null,
  first_at timestamptz not null default now(),
  -- { status, body }; null: under way, refused, or nobody was there to hear the answer.
  answer jsonb
);

create index idempotency_keys_by_time on idempotency_keys (first_at);

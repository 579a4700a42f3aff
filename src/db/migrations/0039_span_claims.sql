-- Usage that comes as spans of OpenTelemetry: which span counts, and which is around one that does.

create table span_claims (
  name       text        primary key,
  is_around  boolean     not null,
  span       text        not null,
  started_at bigint,
  ended_at   bigint,
  tokens     bigint      not null,
  noted_at   timestamptz not null default now()
);

create index span_claims_age on span_claims (noted_at);

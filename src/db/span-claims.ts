/**
 * What was noted of spans that came as usage: which of them counts, and which is around one that
 * does. Whoever notes something of a span first is right, so that two processes agree.
 */
import type { Pool } from 'pg';

export interface SpanClaim {
  /** A span's trace and id, or what was made of a response's id and its customer. */
  readonly name: string;
  /** It is around a span that counts, and does not count itself. */
  readonly isAround: boolean;
  /** The name of the span that says so. */
  readonly span: string;
  /** Its times, in milliseconds since 1970, where they were told. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly tokens: number;
}

/** An exporter that could not send for days has let go of its spans. */
const KEPT_DAYS = 7;
/** Each request clears away so many that are older. */
const CLEARED_MAX = 1_000;

/** What stands for each of the names now. Rows are locked in order, so that nobody deadlocks. */
export async function claimSpans(
  pool: Pool,
  claims: readonly SpanClaim[],
): Promise<Map<string, SpanClaim>> {
  if (claims.length === 0) return new Map();
  const sorted = [...claims].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  await pool.query(
    `insert into span_claims (name, is_around, span, started_at, ended_at, tokens)
     select * from unnest($1::text[], $2::bool[], $3::text[], $4::int8[], $5::int8[], $6::int8[])
         on conflict do nothing`,
    [
      sorted.map(({ name }) => name),
      sorted.map(({ isAround }) => isAround),
      sorted.map(({ span }) => span),
      sorted.map(({ startedAt }) => startedAt ?? null),
      sorted.map(({ endedAt }) => endedAt ?? null),
      sorted.map(({ tokens }) => tokens),
    ],
  );
  await pool.query(
    `delete from span_claims where name in (
       select name from span_claims where noted_at < now() - make_interval(days => $1)
        order by noted_at limit $2 for update skip locked)`,
    [KEPT_DAYS, CLEARED_MAX],
  );
  return findSpanClaims(
    pool,
    sorted.map(({ name }) => name),
  );
}

export async function findSpanClaims(
  pool: Pool,
  names: readonly string[],
): Promise<Map<string, SpanClaim>> {
  if (names.length === 0) return new Map();
  const { rows } = await pool.query<Row>(
    `select name, is_around as "isAround", span, started_at as "startedAt", ended_at as "endedAt",
            tokens
       from span_claims where name = any($1::text[])`,
    [names],
  );
  return new Map(
    rows.map(({ startedAt, endedAt, tokens, ...claim }) => [
      claim.name,
      {
        ...claim,
        ...(startedAt !== null && { startedAt: Number(startedAt) }),
        ...(endedAt !== null && { endedAt: Number(endedAt) }),
        tokens: Number(tokens),
      },
    ]),
  );
}

interface Row {
  readonly name: string;
  readonly isAround: boolean;
  readonly span: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly tokens: string;
}

/** Idempotency keys: the request that each belongs to, and what that was answered. */
import type { Pool } from 'pg';

/** A key is known so long; afterwards it is new. */
const KEPT_DAYS = 30;
/** Each use of a key clears away so many that are older. */
const CLEARED_MAX = 100;

export interface KeptAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface KeyUse {
  readonly requestHash: string;
  readonly firstAt: Date;
  /** How long ago that was, by the database's clock. */
  readonly ageSeconds: number;
  readonly answer: KeptAnswer | null;
}

/** The key's first use: this one, or the one that is noted. */
export async function claimKey(pool: Pool, key: string, requestHash: string): Promise<KeyUse> {
  await pool.query(
    `delete from idempotency_keys
      where first_at < now() - make_interval(days => $1)
        and (key = $2 or key in (select key from idempotency_keys order by first_at limit $3))`,
    [KEPT_DAYS, key, CLEARED_MAX],
  );
  const { rows } = await pool.query<KeyUse>(
    // An update of nothing, so that the row that was there is given back.
    `insert into idempotency_keys as known (key, request_hash) values ($1, $2)
     on conflict (key) do update set request_hash = known.request_hash
     returning request_hash as "requestHash", first_at as "firstAt", answer,
               extract(epoch from now() - first_at)::float8 as "ageSeconds"`,
    [key, requestHash],
  );
  return rows[0] as KeyUse;
}

export async function keepAnswer(pool: Pool, key: string, answer: KeptAnswer): Promise<void> {
  await pool.query('update idempotency_keys set answer = $2 where key = $1 and answer is null', [
    key,
    JSON.stringify(answer),
  ]);
}

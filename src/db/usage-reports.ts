/** Sums of the usage events themselves, whatever was made of them. */
import type { Pool } from 'pg';
import { ALL_TOKENS, ROW_BY_TOKEN_TYPE } from './token-columns';
import { NOT_SETTLED } from './usage-quarantine';

export interface LedgerReport {
  /** Tokens that fill the allowance. */
  readonly usedTokens: number;
  /** All others: they were sold by vendors. */
  readonly vendorTokens: number;
}

/**
 * Sums [startSecond, endSecond) straight from the usage events, whatever batches and roll-up say.
 * There may be as many vendors as usage events, so the database sums them.
 */
export async function sumLedger(
  pool: Pool,
  customer: string,
  startSecond: number,
  endSecond: number,
  allowanceVendors: readonly string[] = [],
): Promise<LedgerReport> {
  const { rows } = await pool.query<{ used: string; sold: string }>(
    `select coalesce(sum(tokens) filter (where fills), 0)::text as used,
            coalesce(sum(tokens) filter (where not fills), 0)::text as sold
       from (select tokens, coalesce(vendor, '') = '' or vendor = any($4::text[]) as fills
               from usage_events ${ROW_BY_TOKEN_TYPE}
              where customer = $1 and occurred_at >= to_timestamp($2)
                and occurred_at < to_timestamp($3) and tokens > 0 ${NOT_SETTLED}) as pool`,
    [customer, startSecond, endSecond, allowanceVendors],
  );
  return { usedTokens: Number(rows[0]?.used ?? 0), vendorTokens: Number(rows[0]?.sold ?? 0) };
}

/** All tokens of about a month around these times (ISO 8601), with what is not sealed yet. */
export async function tokensAround(
  pool: Pool,
  customer: string,
  start: string,
  end: string,
): Promise<number> {
  const { rows } = await pool.query<{ tokens: string }>(
    `select ((select coalesce(sum(tokens), 0) from usage_daily
               where customer = $1
                 and day between $2::timestamptz::date - 32 and $3::timestamptz::date + 32)
           + (select coalesce(sum(${ALL_TOKENS}), 0)
                from usage_events
               where customer = $1 and tx >= (select horizon from sealing_state)))::text as tokens`,
    [customer, start, end],
  );
  return Number(rows[0]?.tokens ?? 0);
}

/** Tokens given to customers: who got how many, until when and why. */
import type { Pool, PoolClient } from 'pg';
import { storable } from '../core/text';
import type { TokenGrant } from '../core/state/remembered';

export async function insertGrant(
  client: PoolClient,
  customer: string,
  { id, tokens, since, expiresAt }: TokenGrant,
  reason: string,
): Promise<void> {
  await client.query(
    `insert into token_grants (customer, id, tokens, since, expires_at, reason)
     values ($1, $2, $3, to_timestamp($4), to_timestamp($5), $6) on conflict do nothing`,
    [customer, id, tokens, since, expiresAt, storable(reason)],
  );
}

/** They tell what the archived periods have used of each, by their statements. */
export const readGrants = (pool: Pool | PoolClient, customer: string): Promise<TokenGrant[]> =>
  grantsUsedBy('archived_at is not null', pool, [customer]);

/** They tell what all other periods have used: a period that is counted again finds them so. */
export const readGrantsBeside = (
  pool: Pool,
  customer: string,
  periodStart: number,
): Promise<TokenGrant[]> =>
  grantsUsedBy('period_start <> to_timestamp($2)', pool, [customer, periodStart]);

async function grantsUsedBy(
  periodCondition: string,
  pool: Pool | PoolClient,
  values: readonly [customer: string, periodStart?: number],
): Promise<TokenGrant[]> {
  const { rows } = await pool.query<{
    id: string;
    tokens: string;
    since: number;
    expiresAt: number | null;
    usedTokens: string;
  }>(
    `select id, tokens, extract(epoch from since)::float8 as since,
            extract(epoch from expires_at)::float8 as "expiresAt",
            coalesce((select sum((statement #>> array['grantUses', grants.id])::bigint)
                        from billing_periods
                       where billing_periods.customer = grants.customer
                         and ${periodCondition}), 0) as "usedTokens"
       from token_grants as grants where customer = $1
      order by expires_at nulls last, since, id`,
    [...values],
  );
  return rows.map((row) => ({
    ...row,
    tokens: Number(row.tokens),
    usedTokens: Number(row.usedTokens),
  }));
}

/** Sums of the ledger: of usage events themselves, and of a period as customers are shown it. */
import type { Pool } from 'pg';
import type { TokenType } from '../core/usage/usage';
import { isUnsealed } from './sealed-usage';
import { ALL_TOKENS, ROW_BY_TOKEN_TYPE } from './token-columns';
import { NOT_SETTLED } from './usage-quarantine';

export interface LedgerReport {
  /** Tokens not sold by a vendor. */
  readonly usedTokens: number;
  readonly vendorTokens: number;
  readonly byVendor: readonly { readonly vendor: string; readonly tokens: number }[];
  readonly byModel: readonly {
    readonly model: string;
    readonly tokenType: TokenType;
    readonly vendor?: string;
    readonly tokens: number;
  }[];
}

// Neither batch nor roll-up has what sealing set aside.
const NOT_ASIDE = `and not exists (select from usage_quarantine as aside
    where aside.customer = usage_events.customer and aside.id = usage_events.id)`;

/**
 * Sums [startSecond, endSecond) straight from the usage events, whatever batches and roll-up say.
 */
export async function sumLedger(
  pool: Pool,
  customer: string,
  startSecond: number,
  endSecond: number,
): Promise<LedgerReport> {
  const { rows } = await pool.query<Cell>(
    `select model, token_type as "tokenType", coalesce(vendor, '') as vendor,
            sum(tokens)::text as tokens
       from usage_events ${ROW_BY_TOKEN_TYPE}
      where customer = $1 and occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($3)
        and tokens > 0 ${NOT_SETTLED}
      group by 1, 2, 3 order by 1, 2, 3`,
    [customer, startSecond, endSecond],
  );
  const vendorRows = rows.filter(({ vendor }) => vendor !== '');
  return {
    usedTokens: total(rows.filter(({ vendor }) => vendor === '')),
    vendorTokens: total(vendorRows),
    byVendor: [...new Set(vendorRows.map(({ vendor }) => vendor))].map((vendor) => ({
      vendor,
      tokens: total(vendorRows.filter((cell) => cell.vendor === vendor)),
    })),
    byModel: rows.map(({ model, tokenType, vendor, tokens }) => ({
      model,
      tokenType,
      ...(vendor !== '' && { vendor }),
      tokens: Number(tokens),
    })),
  };
}

interface Cell {
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor: string;
  readonly tokens: string;
}

const total = (cells: readonly Cell[]): number =>
  cells.reduce((sum, { tokens }) => sum + Number(tokens), 0);

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
               where customer = $1 and ${isUnsealed()}))::text as tokens`,
    [customer, start, end],
  );
  return Number(rows[0]?.tokens ?? 0);
}

export interface DailyUsage {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor?: string;
  readonly tokens: number;
}

const DAY_SECONDS = 86_400;

/**
 * What [startSecond, endSecond) used by day, model, token type and vendor. Whole days come from the
 * roll-up and what is not sealed yet from the ledger, the days at the edges from the ledger: one
 * statement, so nothing is counted twice or missed while a sealing pass commits.
 */
export async function readDailyUsage(
  pool: Pool,
  customer: string,
  startSecond: number,
  endSecond: number,
): Promise<DailyUsage[]> {
  const firstDay = Math.ceil(startSecond / DAY_SECONDS) * DAY_SECONDS;
  const endDay = Math.max(firstDay, Math.floor(endSecond / DAY_SECONDS) * DAY_SECONDS);
  const edge = Math.min(firstDay, endSecond);
  const ledger = (range: string) => `
    select (occurred_at at time zone 'UTC')::date, model, token_type, coalesce(vendor, ''), tokens
      from usage_events ${ROW_BY_TOKEN_TYPE}
     where customer = $1 and ${range} and tokens > 0 ${NOT_ASIDE}`;
  const { rows } = await pool.query<Cell & { day: string }>(
    `select to_char(day, 'YYYY-MM-DD') as day, model, token_type as "tokenType", vendor,
            sum(tokens)::text as tokens
       from (
         select day, model, token_type, vendor, tokens from usage_daily
          where customer = $1 and day >= (to_timestamp($4) at time zone 'UTC')::date
            and day < (to_timestamp($5) at time zone 'UTC')::date
         union all
         ${ledger('occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($6)')}
         union all
         ${ledger(`occurred_at >= to_timestamp($5) and occurred_at < to_timestamp($3)`)}
         union all
         ${ledger(`occurred_at >= to_timestamp($4) and occurred_at < to_timestamp($5)
             and ${isUnsealed()}`)}
       ) as cell (day, model, token_type, vendor, tokens)
      group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [customer, startSecond, endSecond, firstDay, endDay, edge],
  );
  return rows.map(({ day, model, tokenType, vendor, tokens }) => ({
    day,
    model,
    tokenType,
    ...(vendor !== '' && { vendor }),
    tokens: Number(tokens),
  }));
}

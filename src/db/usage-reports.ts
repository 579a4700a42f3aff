/** Sums of the ledger by period, for invoices that are compared, reports and pages. */
import type { Pool } from 'pg';
import type { TokenType } from '../core/usage/usage';
import { inLedgerSnapshot } from './ledger-proof';
import { readHorizon } from './sealing-state';
import { ALL_TOKENS, ROW_BY_TOKEN_TYPE } from './token-columns';
import { refuseArchived } from './partitions/usage-archives';
import { recordedSince } from './partitions/usage-partitions';
import { UNSETTLED_CELLS, readCells } from './usage-cells';
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

interface Cell {
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor: string;
  readonly tokens: string;
}

const SUMS = `model, token_type as "tokenType", vendor, sum(tokens)::text as tokens`;

/**
 * Sums [startSecond, endSecond). What sealing has set aside is among it until somebody settles it:
 * no batch has it, so that an invoice of the period differs until then.
 */
export async function sumLedger(
  pool: Pool,
  customer: string,
  startSecond: number,
  endSecond: number,
): Promise<LedgerReport> {
  const rows = await readCells<Cell>(
    pool,
    { customer, startSecond, endSecond, name: 'ledger_sums' },
    (cells) => `select ${SUMS} from (${cells} union all ${UNSETTLED_CELLS}) as cell
                 group by 1, 2, 3 order by 1, 2, 3`,
  );
  return reportOf(rows);
}

/**
 * The same by each usage event of the period, whatever batches and roll-up say. Throws DomainError
 * `usage_archived` if some of them are not in the ledger any more.
 */
export async function scanLedger(
  pool: Pool,
  customer: string,
  startSecond: number,
  endSecond: number,
): Promise<LedgerReport> {
  await refuseArchived(pool, customer, { start: startSecond, end: endSecond });
  const { rows } = await pool.query<Cell>(
    `select model, token_type as "tokenType", coalesce(vendor, '') as vendor,
            sum(tokens)::text as tokens
       from usage_events ${ROW_BY_TOKEN_TYPE}
      where customer = $1 and occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($3)
        and ${recordedSince('$1', '$2::float8')} and tokens > 0 ${NOT_SETTLED}
      group by 1, 2, 3 order by 1, 2, 3`,
    [customer, startSecond, endSecond],
  );
  return reportOf(rows);
}

function reportOf(cells: readonly Cell[]): LedgerReport {
  const vendorCells = cells.filter(({ vendor }) => vendor !== '');
  return {
    usedTokens: total(cells.filter(({ vendor }) => vendor === '')),
    vendorTokens: total(vendorCells),
    byVendor: [...new Set(vendorCells.map(({ vendor }) => vendor))].map((vendor) => ({
      vendor,
      tokens: total(vendorCells.filter((cell) => cell.vendor === vendor)),
    })),
    byModel: cells.map(withVendor),
  };
}

/** A cell as it is told: a vendor only where there is one, and a number. */
const withVendor = <T extends Cell>({ vendor, tokens, ...cell }: T) => ({
  ...cell,
  ...(vendor !== '' && { vendor }),
  tokens: Number(tokens),
});

const total = (cells: readonly Cell[]): number =>
  cells.reduce((sum, { tokens }) => sum + Number(tokens), 0);

/** All tokens of about a month around these times (ISO 8601), with what is not sealed yet. */
export const tokensAround = (
  pool: Pool,
  customer: string,
  start: string,
  end: string,
): Promise<number> =>
  inLedgerSnapshot(pool, async (client) => {
    const { horizon, passedOver } = await readHorizon(client);
    const { rows } = await client.query<{ tokens: string }>(
      `select ((select coalesce(sum(tokens), 0) from usage_daily
               where customer = $1
                 and day between $2::timestamptz::date - 32 and $3::timestamptz::date + 32)
           + (select coalesce(sum(${ALL_TOKENS}), 0)
                from usage_events
               where customer = $1
                 and (tx >= $4::xid8 or tx = any ($5::xid8[]))))::text as tokens`,
      [customer, start, end, horizon, passedOver],
    );
    return Number(rows[0]?.tokens ?? 0);
  });

export interface DailyUsage {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor?: string;
  readonly tokens: number;
}

/** What [startSecond, endSecond) used by day, model, token type and vendor. */
export async function readDailyUsage(
  pool: Pool,
  customer: string,
  startSecond: number,
  endSecond: number,
): Promise<DailyUsage[]> {
  const rows = await readCells<Cell & { readonly day: string }>(
    pool,
    { customer, startSecond, endSecond, name: 'daily_usage', isRemembering: true },
    (cells) => `select to_char(day, 'YYYY-MM-DD') as day, ${SUMS} from (${cells}) as cell
                 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
  );
  return rows.map(withVendor);
}

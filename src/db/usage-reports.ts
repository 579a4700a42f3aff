/**
 * Sums of the ledger by period: whole days come from the roll-up, the days at the edges and what is
 * not sealed yet from the usage events, or from the batches where those are archived. A period of a
 * million events is not read event by event.
 */
import type { Pool, QueryResultRow } from 'pg';
import type { TokenType } from '../core/usage/usage';
import { inLedgerSnapshot } from './ledger-proof';
import { readHorizon } from './sealing-state';
import { ALL_TOKENS, ROW_BY_TOKEN_TYPE, TOKEN_COLUMNS } from './token-columns';
import { archivesOf, refuseArchived } from './partitions/usage-archives';
import { recordedSince } from './partitions/usage-partitions';
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
  const aside = `
    select null::date, model, token_type, coalesce(vendor, ''), tokens
      from usage_quarantine as aside
      join usage_events using (customer, id) ${ROW_BY_TOKEN_TYPE}
     where aside.customer = $1 and aside.settled_at is null and tokens > 0
       and occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($3)
       and ${recordedSince('$1', '$2::float8')}`;
  const rows = await readCells<Cell>(
    pool,
    { customer, startSecond, endSecond },
    (cells) => `select ${SUMS} from (${cells} union all ${aside}) as cell
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
    { customer, startSecond, endSecond },
    (cells) => `select to_char(day, 'YYYY-MM-DD') as day, ${SUMS} from (${cells}) as cell
                 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
  );
  return rows.map(withVendor);
}

interface Span {
  readonly customer: string;
  readonly startSecond: number;
  readonly endSecond: number;
}

const DAY_SECONDS = 86_400;

// Neither batch nor roll-up has what sealing set aside.
const ledgerCells = (events: string, range: string): string => `
  select (occurred_at at time zone 'UTC')::date, model, token_type, coalesce(vendor, ''), tokens
    from ${events} ${ROW_BY_TOKEN_TYPE}
   where customer = $1 and ${range} and tokens > 0
     and ${recordedSince('$1', '$2::float8')}
     and not exists (select from usage_quarantine as aside
          where aside.customer = usage_events.customer and aside.id = usage_events.id)`;

const UNSEALED = `select id, customer, model, vendor, occurred_at, recorded_at, ${TOKEN_COLUMNS}
           from usage_events`;

const between = (start: string, end: string): string =>
  `occurred_at >= to_timestamp(${start}) and occurred_at < to_timestamp(${end})`;

// What is not sealed is found by its transaction, however much the customer has; columns are day,
// model, token_type, vendor, tokens.
const cellsWith = (edges: string, unsealed: string): string => `
  select * from (
    select day, model, token_type, vendor, tokens from usage_daily
     where customer = $1 and day >= (to_timestamp($4) at time zone 'UTC')::date
       and day < (to_timestamp($5) at time zone 'UTC')::date
    union all
    ${edges}
    union all
    ${ledgerCells('unsealed as usage_events', unsealed)}
  ) as cell (day, model, token_type, vendor, tokens)`;

const CELLS = cellsWith(
  `${ledgerCells('usage_events', between('$2', '$6'))}
    union all
    ${ledgerCells('usage_events', between('$5', '$3'))}`,
  between('$4', '$5'),
);

// Batches have what is archived as well, to the second, and stay when its usage events go. They are
// read one by one, so that this is for old months alone.
const CELLS_OF_BATCHES = cellsWith(
  `select (to_timestamp(second) at time zone 'UTC')::date, model, "tokenType", coalesce(vendor, ''),
          line.tokens
     from usage_batches
    cross join lateral jsonb_to_recordset(lines) as line
          (second bigint, model text, "tokenType" text, vendor text, tokens bigint)
    where customer = $1 and (second >= $2::float8 and second < $6::float8
      or second >= $5::float8 and second < $3::float8)`,
  between('$2', '$3'),
);

/**
 * One snapshot, so that nothing is counted twice or missed while a sealing pass commits. What is
 * sealed is read first: only figures tell Postgres how little there is beyond.
 */
async function readCells<T extends QueryResultRow>(
  pool: Pool,
  { customer, startSecond, endSecond }: Span,
  summing: (cells: string) => string,
): Promise<T[]> {
  const firstDay = Math.ceil(startSecond / DAY_SECONDS) * DAY_SECONDS;
  const endDay = Math.max(firstDay, Math.floor(endSecond / DAY_SECONDS) * DAY_SECONDS);
  const edge = Math.min(firstDay, endSecond);
  return inLedgerSnapshot(pool, async (client) => {
    const { horizon, passedOver } = await readHorizon(client);
    const archives = await archivesOf(client, customer, { start: startSecond, end: endSecond });
    const { rows } = await client.query<T>(
      `with unsealed as materialized (
         ${UNSEALED} where tx >= $7::xid8
         union all
         ${UNSEALED} where tx = any ($8::xid8[])
       )
       ${summing(archives.length > 0 ? CELLS_OF_BATCHES : CELLS)}`,
      [customer, startSecond, endSecond, firstDay, endDay, edge, horizon, passedOver],
    );
    return rows;
  });
}

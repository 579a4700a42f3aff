/**
 * Cells of a customer's period, by day, model, token type and vendor: whole days come from the
 * roll-up, the days at the edges and what is not sealed yet from the usage events, or from the
 * batches where those are archived. A period of a million events is not read event by event.
 */
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { edgeCells } from './edge-cells';
import type { EdgeCell } from './edge-cells';
import { inLedgerSnapshot } from './ledger-proof';
import { archivesWith } from './partitions/usage-archives';
import { recordedFrom } from './partitions/usage-partitions';
import { ROW_BY_LINE, ROW_BY_TOKEN_TYPE, TOKEN_COLUMNS } from './token-columns';

/**
 * A plan is made once for each connection, without any figure and whatever the ledger had by then.
 * So it may go by indexes alone, and never through the ledger from end to end.
 */
const BY_INDEX = `set local plan_cache_mode = force_generic_plan;
  set local enable_seqscan = off; set local jit = off`;

interface Span {
  readonly customer: string;
  readonly startSecond: number;
  readonly endSecond: number;
}

const DAY_SECONDS = 86_400;

const between = (start: string, end: string): string =>
  `occurred_at >= to_timestamp(${start}) and occurred_at < to_timestamp(${end})`;

// Partitions of before are left out as the statement starts.
const SINCE = 'recorded_at >= $6::timestamptz';

// Neither batch nor roll-up has what sealing set aside.
const cellsOf = (events: string): string => `
  select (occurred_at at time zone 'UTC')::date, model, token_type, coalesce(vendor, ''), tokens
    from ${events} as event ${ROW_BY_TOKEN_TYPE}
   where tokens > 0 and not exists (select from aside where aside.id = event.id)`;

const COLUMNS = `id, model, vendor, occurred_at, ${TOKEN_COLUMNS}`;

// The order is nobody's wish: by it, the index that has time is the one where a partition was empty
// when the plan was made, so that all others seemed to be as good.
const ofEdge = (start: string, end: string, condition = ''): string =>
  cellsOf(`(select ${COLUMNS} from usage_events
             where customer = $1 and ${between(start, end)} and ${SINCE} ${condition}
             order by occurred_at)`);

const UNSEALED = `select customer, ${COLUMNS} from usage_events where ${SINCE}`;

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
    ${cellsOf(`(select * from unsealed where customer = $1 and ${unsealed})`)}
  ) as cell (day, model, token_type, vendor, tokens)`;

/** Its end: the period may be over before the day is. */
const FIRST_EDGE = 'least($4::float8, $3::float8)';

const CELLS = cellsWith(
  `${ofEdge('$2', FIRST_EDGE)} union all ${ofEdge('$5', '$3')}`,
  between('$4', '$5'),
);

// What is sealed of the edges comes with the question.
const CELLS_BY_EDGES = cellsWith(
  `select day, model, "tokenType", vendor, tokens from jsonb_to_recordset($9::jsonb) as edge
          (day date, model text, "tokenType" text, vendor text, tokens bigint)`,
  between('$2', '$3'),
);

const ASIDE = `aside as materialized (
  select id, settled_at from usage_quarantine where customer = $1
)`;

const SEALED = 'and tx < $7::xid8 and tx <> all ($8::xid8[])';
const SEALED_AT_EDGES = `
  with ${ASIDE}
  select to_char(day, 'YYYY-MM-DD') as day, model, token_type as "tokenType", vendor,
         sum(tokens)::text as tokens
    from (${ofEdge('$2', FIRST_EDGE, SEALED)} union all ${ofEdge('$5', '$3', SEALED)})
      as cell (day, model, token_type, vendor, tokens)
   group by 1, 2, 3, 4`;

// Batches have what is archived as well, to the second, and stay when its usage events go. They are
// read one by one, so that this is for old months alone.
const CELLS_OF_BATCHES = cellsWith(
  `select (to_timestamp(second) at time zone 'UTC')::date, model, "tokenType", coalesce(vendor, ''),
          line.tokens
     from usage_batches
    ${ROW_BY_LINE}
    where customer = $1 and (second >= $2::float8 and second < ${FIRST_EDGE}
      or second >= $5::float8 and second < $3::float8)`,
  between('$2', '$3'),
);

/** What is set aside and that nobody has settled yet, to be added to the cells. */
export const UNSETTLED_CELLS = `
  select null::date, model, token_type, coalesce(vendor, ''), tokens
    from aside join usage_events using (id) ${ROW_BY_TOKEN_TYPE}
   where customer = $1 and aside.settled_at is null and tokens > 0
     and ${between('$2', '$3')} and ${SINCE}`;

interface Standing {
  readonly horizon: string;
  readonly passedOver: string;
  /** Usage of the span was recorded since then. */
  readonly recordedFrom: string;
  readonly isArchived: boolean;
  /** The customer's last batch. */
  readonly sequence: string;
}

async function readStanding(client: PoolClient, { customer, startSecond, endSecond }: Span) {
  const { rows } = await client.query<Standing>({
    name: 'ledger_standing',
    text: `select horizon::text, passed_over::text as "passedOver",
                  (${recordedFrom('$1', '$2::float8')})::text as "recordedFrom",
                  exists (${archivesWith('$1', '$2', '$3')}) as "isArchived",
                  coalesce((select last_sequence from usage_forwarding
                             where customer = $1), 0)::text as sequence
             from sealing_state`,
    values: [customer, startSecond, endSecond],
  });
  return rows[0] as Standing;
}

export interface CellsQuery extends Span {
  /** The prepared statement's. */
  readonly name: string;
  /** Edges that this process has read before are not read again: for pages, not for money. */
  readonly isRemembering?: boolean;
}

/**
 * One snapshot, so that nothing is counted twice or missed while a sealing pass commits. How far
 * sealing and archives are is read first: Postgres leaves out partitions by what it is told.
 */
export async function readCells<T extends QueryResultRow>(
  pool: Pool,
  { name, isRemembering = false, ...span }: CellsQuery,
  summing: (cells: string) => string,
): Promise<T[]> {
  const { customer, startSecond, endSecond } = span;
  const firstDay = Math.ceil(startSecond / DAY_SECONDS) * DAY_SECONDS;
  const endDay = Math.max(firstDay, Math.floor(endSecond / DAY_SECONDS) * DAY_SECONDS);
  const read = async (client: PoolClient): Promise<T[]> => {
    const { isArchived, sequence, ...standing } = await readStanding(client, span);
    const { recordedFrom: since, horizon, passedOver } = standing;
    const ends = [startSecond, endSecond, firstDay, endDay];
    const values = [customer, ...ends, since, horizon, passedOver];
    const ask = async <R extends QueryResultRow>(title: string, text: string, edges?: string) => {
      const query = { name: title, text, values: edges ? [...values, edges] : values };
      return (await client.query<R>(query)).rows;
    };
    if (isArchived) return ask(`${name}_of_batches`, textOf(summing(CELLS_OF_BATCHES)));
    // Batches have whole seconds.
    if (!isRemembering || !Number.isInteger(startSecond) || !Number.isInteger(endSecond))
      return ask(name, textOf(summing(CELLS)));
    const stretches = [startSecond, Math.min(firstDay, endSecond), endDay, endSecond] as const;
    const cells = await edgeCells(pool, client, { customer, stretches, sequence }, () =>
      ask<EdgeCell>('sealed_at_edges', SEALED_AT_EDGES),
    );
    const text = textOf(summing(CELLS_BY_EDGES));
    return ask(`${name}_by_edges`, text, JSON.stringify(cells));
  };
  return inLedgerSnapshot(pool, read, { settings: BY_INDEX });
}

const textOf = (cells: string): string => `
  with unsealed as materialized (
    ${UNSEALED} and tx >= $7::xid8
    union all
    ${UNSEALED} and tx = any ($8::xid8[])
  ), ${ASIDE}
  ${cells}`;

/** Sealed usage batches: turning ledger rows into them, and reading them in sequence. */
import type { Pool, PoolClient } from 'pg';
import type { SealingStretch } from '../core/usage/sealing-range';
import type { UsageBatch, UsageLine } from '../core/usage/usage';
import { LINES_PER_BATCH_MAX } from '../core/usage/usage';
import { ROW_BY_TOKEN_TYPE, SUMMED_TOKENS } from './token-columns';
import type { EventKey } from './usage-events';

/** One to go on with, and some to be linked to. */
const TRACEPARENTS_MAX = 8;

// Text is ordered by its bytes, so that the order of lines does not depend on a locale.
const LINE_ORDER = 'second, model collate "C", token_type, vendor collate "C" nulls first';

/**
 * `condition` narrows it to some events, to find out which can't be sealed, for
 * src/db/usage-quarantine.ts.
 */
const seal = (condition = '') => `
  with sums as materialized (
    select customer, floor(extract(epoch from occurred_at))::bigint as second, model, vendor,
           count(*) as events, min(recorded_at) as recorded_from,
           ${SUMMED_TOKENS},
           (array_agg(distinct traceparent)
              filter (where traceparent is not null))[1:$4] as traceparents
      from usage_events
     where tx >= $1::xid8 and tx < $2::xid8 and tx <> all ($5::xid8[]) ${condition}
       and not exists (select from usage_quarantine as aside
            where aside.customer = usage_events.customer and aside.id = usage_events.id)
     group by 1, 2, 3, 4
  ), lines as materialized (
    select customer, second, model, vendor, token_type, tokens::bigint as tokens, recorded_from,
           (row_number() over (partition by customer order by ${LINE_ORDER}) - 1) / $3 as part
      from sums
     ${ROW_BY_TOKEN_TYPE}
     where tokens > 0
  ), parts as (
    select customer, part, sum(tokens)::bigint as tokens, min(recorded_from) as recorded_from,
           jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'second', second, 'model', model, 'tokenType', token_type, 'vendor', vendor,
             'tokens', tokens)) order by ${LINE_ORDER}) as lines
      from lines
     group by customer, part
  ), traced as (
    select customer, (array_agg(traceparent order by second desc))[1:$4] as traceparents
      from (select customer, traceparent, max(second) as second
              from sums cross join lateral unnest(traceparents) as traceparent
             group by 1, 2) as requests
     group by customer
  ), numbered as (
    insert into usage_forwarding (customer, last_sequence)
    select customer, count(*) from parts group by customer order by customer
    on conflict (customer) do update
       set last_sequence = usage_forwarding.last_sequence + excluded.last_sequence
    returning customer, last_sequence
  ), batches as (
    insert into usage_batches
      (customer, sequence, lines, tokens, tx_from, tx_to, traceparents, recorded_from)
    select customer,
           last_sequence - (count(*) over (partition by customer)) + part + 1,
           lines, tokens, $1::xid8, $2::xid8, traceparents, recorded_from
      from parts join numbered using (customer) left join traced using (customer)
    returning 1
  ), daily as (
    insert into usage_daily (customer, day, model, token_type, vendor, tokens)
    select customer, (to_timestamp(second) at time zone 'UTC')::date, model, token_type,
           coalesce(vendor, ''), sum(tokens)::bigint
      from lines
     group by 1, 2, 3, 4, 5
    on conflict (customer, day, model, token_type, vendor) do update
       set tokens = usage_daily.tokens + excluded.tokens
  ), horizon as (
    update sealing_state set horizon = $6::xid8, passed_over = $7::xid8[]
  )
  select coalesce((select sum(events) from sums), 0)::text as events,
         (select count(*) from batches)::text as batches`;

const SEAL = seal();
const SEAL_ONLY = seal('and (customer, id) in (select * from unnest($8::text[], $9::text[]))');

/** Seals the rows of the stretch: batches, daily sums, cursors and what is sealed by now. */
export async function sealStretch(
  client: PoolClient,
  { from, to, without, sealedBelow, passedOver }: SealingStretch,
  only?: readonly EventKey[],
): Promise<{ events: number; batches: number }> {
  const { rows } = await client.query<{ events: string; batches: string }>(
    only ? SEAL_ONLY : SEAL,
    [
      ...[from, to, LINES_PER_BATCH_MAX, TRACEPARENTS_MAX],
      ...[without, sealedBelow, passedOver],
      ...(only ? [only.map(({ customer }) => customer), only.map(({ id }) => id)] : []),
    ],
  );
  return { events: Number(rows[0]?.events), batches: Number(rows[0]?.batches) };
}

interface BatchRow {
  readonly sequence: string;
  readonly lines: UsageLine[];
  readonly recordedFrom: number | null;
}

/**
 * The customer's batches from `fromSequence` on, in order: as many whole ones as have at most
 * `linesMax` lines together, but always the next one.
 */
export async function readBatches(
  pool: Pool,
  customer: string,
  fromSequence: number,
  linesMax: number,
): Promise<UsageBatch[]> {
  const { rows } = await pool.query<BatchRow>({
    name: 'read_batches',
    text: `
      select sequence, lines, floor(extract(epoch from recorded_from))::float8 as "recordedFrom"
       from (select sequence, lines, recorded_from,
                    sum(jsonb_array_length(lines)) over (order by sequence) as lines_so_far
               from (select sequence, lines, recorded_from from usage_batches
                      where customer = $1 and sequence >= $2 order by sequence limit $3) as next
            ) as counted
      where lines_so_far <= $3 or sequence = $2
      order by sequence`,
    values: [customer, fromSequence, linesMax],
  });
  return rows.map(({ sequence, lines, recordedFrom }) => ({
    ...{ sequence: Number(sequence), lines },
    ...(recordedFrom !== null && { recordedFrom }),
  }));
}

/** Gives those of the traced requests that these batches came with, newest first. */
export async function readTraceparents(
  pool: Pool,
  customer: string,
  fromSequence: number,
  toSequence: number,
): Promise<string[]> {
  const { rows } = await pool.query<{ traceparent: string }>(
    `select traceparent
       from usage_batches
      cross join lateral unnest(traceparents) with ordinality as traced (traceparent, position)
      where customer = $1 and sequence between $2 and $3
      order by sequence desc, position limit $4`,
    [customer, fromSequence, toSequence, TRACEPARENTS_MAX],
  );
  return rows.map(({ traceparent }) => traceparent);
}

/** The sequence of the customer's last batch; 0 when none is sealed. */
export async function lastSequence(pool: Pool, customer: string): Promise<number> {
  const { rows } = await pool.query<{ last_sequence: string }>(
    'select last_sequence from usage_forwarding where customer = $1',
    [customer],
  );
  return Number(rows[0]?.last_sequence ?? 0);
}

/** Time by which a usage event may be ahead of its sealing, and clocks differ. */
const AHEAD = '10 minutes';

/** The first batch that may have usage of `start` or later. */
export async function firstSequenceSince(
  pool: Pool,
  customer: string,
  start: Date,
): Promise<number> {
  const { rows } = await pool.query<{ sequence: string | null }>(
    `select min(sequence) as sequence from usage_batches
      where customer = $1 and sealed_at >= $2::timestamptz - $3::interval`,
    [customer, start, AHEAD],
  );
  return Number(rows[0]?.sequence ?? 1);
}

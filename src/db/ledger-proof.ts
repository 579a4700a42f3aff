/**
 * Reading the ledger to prove it: all in one snapshot, page by page, whatever its size.
 */
import type { Pool, PoolClient } from 'pg';
import { monthOfPartition } from '../core/archive/archive-month';
import type { RecordedUsageEvent } from '../core/proof/merkle';
import type { LedgerProof } from '../core/proof/ledger-check';
import type { SealedBatch } from '../core/proof/replay';
import type { UsageLine } from '../core/usage/usage';
import { isSealed } from './sealed-usage';
import { ROW_BY_LINE, ROW_BY_TOKEN_TYPE, TOKEN_COLUMNS } from './token-columns';
import { archivesOf } from './partitions/usage-archives';
import { recordedSince } from './partitions/usage-partitions';
import { NOT_SETTLED } from './usage-quarantine';

const BATCHES_PER_PAGE = 100;
const EVENTS_PER_PAGE = 5_000;
const FAULTS_SHOWN = 10;

/**
 * Where usage events are read; src/db/partitions/archived-events.ts has those of archives as well.
 */
const LEDGER = 'usage_events';

interface SnapshotWays {
  /** It is done on the connection before. */
  readonly prepare?: (client: PoolClient) => Promise<void>;
  /** Statements that set what is in force until the snapshot is over. */
  readonly settings?: string;
}

/** One moment of the ledger: sealing goes on meanwhile, and none of it is seen. */
export async function inLedgerSnapshot<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  { prepare, settings = '' }: SnapshotWays = {},
): Promise<T> {
  const client = await pool.connect();
  try {
    await prepare?.(client);
    await client.query(`begin isolation level repeatable read read only; ${settings}`);
    return await work(client);
  } finally {
    // Nothing was written; a connection that can't roll back is thrown away.
    await client.query('rollback').then(
      () => client.release(),
      (failure: Error) => client.release(failure),
    );
  }
}

/** All batches of a customer, in sequence. */
export async function* sealedBatches(
  client: PoolClient,
  customer: string,
): AsyncGenerator<SealedBatch> {
  for (let sequence = 0; ;) {
    const { rows } = await client.query<{ sequence: string; lines: UsageLine[]; at: number }>(
      `select sequence, lines, extract(epoch from sealed_at)::float8 * 1000 as at
         from usage_batches where customer = $1 and sequence > $2 order by sequence limit $3`,
      [customer, sequence, BATCHES_PER_PAGE],
    );
    for (const row of rows) {
      sequence = Number(row.sequence);
      yield { sequence, lines: row.lines, sealedAt: row.at };
    }
    if (rows.length < BATCHES_PER_PAGE) return;
  }
}

/**
 * The usage events of [start, end) in canonical order (src/core/proof/merkle.ts): by time, then by
 * the bytes of their ids.
 */
export async function* usageEvents(
  client: PoolClient,
  customer: string,
  { start, end }: { start: number; end: number },
  source = LEDGER,
): AsyncGenerator<RecordedUsageEvent> {
  await client.query(
    `declare ledger_events no scroll cursor for
      select id, customer, model, vendor, encode(content_hash, 'hex') as "contentHash",
             array[${TOKEN_COLUMNS}]::text[] as tokens,
             to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
               as "occurredAt"
        from ${source}
       where customer = $1 and occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($3)
         and ${recordedSince('$1', '$2::float8')}
       order by occurred_at, id collate "C"`,
    [customer, start, end],
  );
  for (;;) {
    const { rows } = await client.query<RecordedUsageEvent>(
      `fetch ${EVENTS_PER_PAGE} from ledger_events`,
    );
    yield* rows;
    if (rows.length < EVENTS_PER_PAGE) break;
  }
  await client.query('close ledger_events');
}

// Gives both sides by second, model, token type and vendor. What is not sealed yet has no batch to
// be in.
const proofOf = (source: string): string => `
  with event_cells as (
    select floor(extract(epoch from occurred_at))::bigint as second, model, token_type,
           coalesce(vendor, '') as vendor, sum(tokens) as tokens
      from ${source}
     ${ROW_BY_TOKEN_TYPE}
     where customer = $1 and occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($3)
       and ${recordedSince('$1', '$2::float8')}
       and ${isSealed()} and tokens > 0 ${NOT_SETTLED}
     group by 1, 2, 3, 4
  ), batch_cells as (
    select second, model, "tokenType" as token_type, coalesce(vendor, '') as vendor,
           sum(line.tokens) as tokens
      from usage_batches
     ${ROW_BY_LINE}
     where customer = $1 and second >= $2 and second < $3
     group by 1, 2, 3, 4
  ), cells as (
    select second, model, token_type as "tokenType", nullif(vendor, '') as vendor,
           coalesce(event_cells.tokens, 0) as events, coalesce(batch_cells.tokens, 0) as batches
      from event_cells full join batch_cells using (second, model, token_type, vendor)
  ), faults as (
    select second::float8 as second, model, "tokenType", vendor,
           events::float8 as "eventTokens", batches::float8 as "batchTokens"
      from cells where events <> batches
  )
  select (select coalesce(sum(events), 0)::float8 from cells) as "eventTokens",
         (select coalesce(sum(batches), 0)::float8 from cells) as "batchTokens",
         (select count(*)::int from faults) as "faultCount",
         (select coalesce(jsonb_agg(shown), '[]')
            from (select * from faults order by second, model, "tokenType" limit ${FAULTS_SHOWN})
                 as shown) as faults`;

/**
 * Tells whether the batches of [start, end) sum to its sealed usage events, second by second. Where
 * some of them are archived and `source` has none of those, it says so and compares nothing.
 */
export async function proveBatches(
  client: PoolClient,
  customer: string,
  { start, end }: { start: number; end: number },
  source = LEDGER,
): Promise<LedgerProof> {
  const archives = source === LEDGER ? await archivesOf(client, customer, { start, end }) : [];
  if (archives.length > 0) {
    const archivedMonths = archives.map(({ name }) => monthOfPartition(name));
    return { eventTokens: 0, batchTokens: 0, faultCount: 0, faults: [], archivedMonths };
  }
  const { rows } = await client.query<LedgerProof>(proofOf(source), [customer, start, end]);
  return rows[0] as LedgerProof;
}

/** The same loads, in turns, on ledgers that differ by nothing but the rows of before. */
import { createPool } from '../../src/db/pool';
import type { Pool } from 'pg';
import { chance } from '../../test/life/chance';
import { randomIds } from '../command/random-ids';
import { costsOfProcesses } from '../command/process-costs';
import { readable } from '../figures';
import { startHttpLoad } from '../http-load';
import { addCustomers, BATCH_CONNECTIONS, checkSealed, CONNECTIONS } from '../ingest-cases';
import { measure } from '../load';
import type { Ledger, RunningProgram, Surroundings } from '../surroundings';
import { usageRequests } from '../usage-requests';
import { customerName, CUSTOMERS, customerOf, fillLedger } from './fill';

const TIMES = { warmUpMs: 2_000, measureMs: 5_000 };

export const LOADS = {
  batches: { what: '100 events a request', eventsPerRequest: 100, connections: BATCH_CONNECTIONS },
  singleEvents: { what: 'one event a request', eventsPerRequest: 1, connections: CONNECTIONS },
} as const;
export type LoadName = keyof typeof LOADS;
const LOAD_NAMES = Object.keys(LOADS) as LoadName[];

export interface MeasuredLedger {
  /** 0: the empty one. */
  readonly rows: number;
  readonly tableMegabytes: number;
  readonly indexMegabytes: number;
  readonly filledInSeconds: number;
  /** Events a second, of each round. */
  readonly rates: Readonly<Record<LoadName, readonly number[]>>;
  /** What an event cost API, sealing and Postgres together, in microseconds, of each round. */
  readonly processor: Readonly<Record<LoadName, readonly number[]>>;
  /** Bytes of Postgres' log that an event cost, of each round. */
  readonly log: Readonly<Record<LoadName, readonly number[]>>;
}

export interface MeasuredLedgers {
  readonly seed: number;
  readonly startedAt: string;
  readonly seconds: number;
  readonly postgres: string;
  readonly ledgers: readonly MeasuredLedger[];
}

interface Stand extends Omit<MeasuredLedger, 'rates' | 'processor' | 'log'> {
  readonly rates: Record<LoadName, number[]>;
  readonly processor: Record<LoadName, number[]>;
  readonly log: Record<LoadName, number[]>;
  readonly ledger: Ledger;
  readonly pool: Pool;
  readonly api: RunningProgram;
  readonly pids: Readonly<Record<'postgres' | 'api' | 'sealing', number>>;
  /** The load began with this transaction. */
  readonly since: string;
  acknowledged: number;
}

type Progress = (line: string) => void;

/** Throws when anything was lost or counted twice. */
export async function measureLedgers(
  surroundings: Surroundings,
  { sizes, rounds, seed }: { sizes: readonly number[]; rounds: number; seed: number },
  progress: Progress,
): Promise<MeasuredLedgers> {
  const startedAt = new Date();
  const stands: Stand[] = [];
  try {
    for (const rows of [0, ...sizes])
      stands.push(await prepare(surroundings, rows, seed, progress));
    await playRounds(stands, { rounds, random: chance(seed) }, progress);
    const version = await stands[0]?.pool.query<{ server_version: string }>('show server_version');
    return {
      ...{ seed, startedAt: startedAt.toISOString() },
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      postgres: String(version?.rows[0]?.server_version),
      ledgers: stands.map(
        ({ rows, tableMegabytes, indexMegabytes, filledInSeconds, ...measured }) => ({
          ...{ rows, tableMegabytes, indexMegabytes, filledInSeconds },
          ...{ rates: measured.rates, processor: measured.processor, log: measured.log },
        }),
      ),
    };
  } finally {
    for (const { pool } of stands) await pool.end();
  }
}

async function prepare(
  surroundings: Surroundings,
  rows: number,
  seed: number,
  progress: Progress,
): Promise<Stand> {
  const ledger = await surroundings.createLedger(`ledger_${rows}`);
  const pool = createPool({ connectionString: ledger.databaseUrl });
  const began = performance.now();
  await fillLedger(pool, { rows, seed }, progress);
  const filledInSeconds = (performance.now() - began) / 1000;
  await addCustomers(
    pool,
    Array.from({ length: CUSTOMERS }, (_, number) => customerName(number)),
  );
  const sizes = await pool.query<{ table: number; index: number; since: string }>(
    `select sum(pg_table_size(part))::float8 / 1e6 as table, pg_current_xact_id()::text as since,
            sum(pg_indexes_size(part))::float8 / 1e6 as index from usage_partitions`,
  );
  const { table = 0, index = 0, since = '0' } = sizes.rows[0] ?? {};
  const name = `${rows}`;
  const api = await surroundings.run({ name: `api-${name}`, args: ['api'], ledger });
  const args = ['bench', '--process', 'sealing'];
  const sealing = await surroundings.run({ name: `sealing-${name}`, args, ledger });
  return {
    ...{ rows, tableMegabytes: table, indexMegabytes: index, filledInSeconds },
    rates: { batches: [], singleEvents: [] },
    processor: { batches: [], singleEvents: [] },
    log: { batches: [], singleEvents: [] },
    pids: { postgres: surroundings.pids.postgres, api: api.pid, sealing: sealing.pid },
    ...{ ledger, pool, api, since, acknowledged: 0 },
  };
}

async function playRounds(
  stands: readonly Stand[],
  { rounds, random }: { rounds: number; random: () => number },
  progress: Progress,
): Promise<void> {
  const nextId = randomIds(random);
  // Postgres writes each page whole when it is touched first after a checkpoint, of which there is
  // one in five minutes. The first round pays for that, and the median of the rounds has it not.
  for (const { pool } of stands) await pool.query('checkpoint');
  for (let round = 0; round < rounds; round += 1) {
    // Whoever comes first finds another machine than whoever comes last.
    const turn = round % stands.length;
    const inTurn = [...stands.slice(turn), ...stands.slice(0, turn)];
    for (const name of LOAD_NAMES) {
      for (const stand of inTurn) {
        const rate = await play(stand, name, { nextId, random });
        const of = `${LOADS[name].what}, ${readable(stand.rows)} rows`;
        progress(`Round ${round + 1} of ${rounds}: ${of}: ${readable(rate)}/s`);
      }
    }
  }
}

async function play(
  stand: Stand,
  name: LoadName,
  { nextId, random }: { nextId: () => string; random: () => number },
): Promise<number> {
  const { eventsPerRequest, connections } = LOADS[name];
  const { api, ledger, pool } = stand;
  const load = await startHttpLoad({
    ...{ url: api.url, connections, eventsPerRequest },
    nextRequest: usageRequests({
      ...{ url: api.url, key: ledger.ingestKey, eventsPerRequest, nextId },
      nextCustomer: () => customerOf(random()),
    }),
  });
  const before = await costsOfProcesses(stand.pids);
  const logBefore = await logBytes(pool);
  const { rate, acknowledged } = await measure(load, TIMES);
  const { cpuSeconds } = await costsOfProcesses(stand.pids);
  const spent = Object.entries(cpuSeconds).map(
    ([of, seconds]) => seconds - before.cpuSeconds[of as keyof Stand['pids']],
  );
  stand.rates[name].push(rate);
  stand.processor[name].push((spent.reduce((sum, each) => sum + each) / acknowledged) * 1e6);
  stand.log[name].push(((await logBytes(pool)) - logBefore) / acknowledged);
  stand.acknowledged += acknowledged;
  await checkSealed(pool, stand.acknowledged, stand.since);
  return rate;
}

async function logBytes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    `select (pg_current_wal_insert_lsn() - '0/0')::float8 as bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

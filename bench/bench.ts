/**
 * `npm run bench`: Tollkeeper beside what it is built on and what it replaces, in one run, as
 * ratios. Each round measures every case once, because the machine is never the same for two
 * minutes.
 */
import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { createPool } from '../src/db/pool';
import { loadCatalog } from '../src/stripe/catalog-file';
import { pushCatalog } from '../src/stripe/catalog-push';
import { createStripe } from '../src/stripe/client';
import { costsOfProcesses } from './command/process-costs';
import { measureDashboard } from './dashboard-latency';
import { readable } from './figures';
import { addCustomers, checkSealed, ingestLoads } from './ingest-cases';
import { measure } from './load';
import type { Load } from './load';
import { measureProxies } from './overhead/proxies';
import { measurePython } from './overhead/python';
import type { Overhead } from './overhead/turns';
import { measureWrappers } from './overhead/wrappers';
import { benchTable, comparisons, machine, RATE_CASES } from './report';
import type { BenchFigures, EventCosts, Outcome, RateCase, Rates } from './report';
import {
  createCounterTable,
  createRawTable,
  lostByCounters,
  rawInserts,
  readThenWrite,
  signalPerEvent,
  startSignaled,
} from './rival-cases';
import { startSurroundings } from './surroundings';
import type { Surroundings } from './surroundings';
import { latencyCustomer, measureHistory, measureLatency } from './whole-path';

const ROUNDS = 3;
const TIMES = { warmUpMs: 1_000, measureMs: 3_000 };
const LATENCY_LOAD = { customers: 50, eventsPerSecond: 200, seconds: 12 };
const DASHBOARD_LOAD = { eventsPerSecond: 100, seconds: 10 };
const OPEN_PAGES = 50;
const HISTORY_LOAD = { eventsPerSecond: 5_000, seconds: 10 };
/** A process that has just begun compiles, and touches its memory for the first time. */
const TURNS = { calls: 2_000, warmUpCalls: 500 };
const CATALOG = 'catalog.yaml';

type Progress = (line: string) => void;

/** Throws when anything was lost or counted twice; a slow machine is no failure. */
export async function runBench(
  progress: Progress,
): Promise<{ table: string; figures: BenchFigures }> {
  const startedAt = new Date();
  const surroundings = await startSurroundings(progress);
  try {
    const temporal = new Client({
      connection: await Connection.connect({ address: surroundings.temporalAddress }),
    });
    const taken = await measureRates(surroundings, temporal, progress);
    const { postgres, ...rates } = taken;
    const path = await measurePath(surroundings, temporal, progress);
    const overheads = await measureOverheads(surroundings, progress);
    const outcome: Outcome = { ...rates, ...path, overheads };
    await temporal.connection.close();
    const figures: BenchFigures = {
      machine: machine(postgres),
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      comparisons: comparisons(outcome),
      ...outcome,
    };
    return { table: benchTable(figures), figures };
  } finally {
    progress('Stopping');
    await surroundings.stop();
  }
}

async function measureRates(surroundings: Surroundings, temporal: Client, progress: Progress) {
  const ledger = await surroundings.createLedger('ingest');
  const run = (name: string, args: readonly string[]) => surroundings.run({ name, args, ledger });
  const programs = [
    await run('express', ['bench', '--process', 'express']),
    await run('api', ['api']),
    await run('sealing', ['bench', '--process', 'sealing']),
  ] as const;
  const pool = createPool({ connectionString: ledger.databaseUrl });
  try {
    await addCustomers(pool);
    await createRawTable(pool);
    await createCounterTable(pool);
    await startSignaled(temporal);
    const ingest = ingestLoads(programs[0], programs[1], ledger);
    const starts: Record<RateCase, () => Load | Promise<Load>> = {
      ...ingest,
      rawInserts: () => rawInserts(ledger.databaseUrl),
      readThenWrite: () => readThenWrite(pool),
      signalPerEvent: () => signalPerEvent(temporal),
    };
    const pids = {
      ...{ load: process.pid, postgres: surroundings.pids.postgres },
      ...{ temporal: surroundings.pids.temporal, express: programs[0].pid },
      ...{ api: programs[1].pid, sealing: programs[2].pid },
    };
    const { acknowledged, ...taken } = await playRounds(pool, { starts, pids }, progress);
    const lostBySeedPercent = await lostByCounters(pool, acknowledged.readThenWrite);
    const version = await pool.query<{ server_version: string }>('show server_version');
    const postgres = String(version.rows[0]?.server_version);
    return { ...taken, lostBySeedPercent, postgres };
  } finally {
    await pool.end();
    for (const program of programs) await program.stop();
  }
}

const SERVERS = ['temporal', 'express', 'api', 'sealing'] as const;

interface Cases {
  readonly starts: Readonly<Record<RateCase, () => Load | Promise<Load>>>;
  readonly pids: Readonly<Record<(typeof SERVERS)[number] | 'load' | 'postgres', number>>;
}

async function playRounds(pool: Pool, { starts, pids }: Cases, progress: Progress) {
  const names = Object.keys(RATE_CASES) as RateCase[];
  const perCase = <T>(make: (name: RateCase) => T) =>
    Object.fromEntries(names.map((name) => [name, make(name)])) as Record<RateCase, T>;
  const rates = perCase<number[]>(() => []);
  const acknowledged = perCase(() => 0);
  const seconds = perCase(() => ({ load: 0, servers: 0, postgres: 0 }));
  let sealedWithinMs = 0;
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const name of names) {
      // What the case before left to be written is not this one's.
      await pool.query('checkpoint');
      const before = (await costsOfProcesses(pids)).cpuSeconds;
      const measured = await measure(await starts[name](), TIMES);
      rates[name].push(measured.rate);
      acknowledged[name] += measured.acknowledged;
      progress(`Round ${round} of ${ROUNDS}: ${RATE_CASES[name]}: ${readable(measured.rate)}/s`);
      if (name === 'singleEvents' || name === 'batches') {
        const tookMs = await checkSealed(pool, acknowledged.singleEvents + acknowledged.batches);
        sealedWithinMs = Math.max(sealedWithinMs, tookMs);
      }
      const after = (await costsOfProcesses(pids)).cpuSeconds;
      const took = (process: keyof typeof pids) => after[process] - before[process];
      seconds[name].load += took('load');
      seconds[name].postgres += took('postgres');
      seconds[name].servers += SERVERS.reduce((sum, server) => sum + took(server), 0);
    }
  }
  const sealedWithinSeconds = sealedWithinMs / 1000;
  const costs: EventCosts = perCase((name) => {
    const micros = (all: number) => (all * 1_000_000) / acknowledged[name];
    const { load, servers, postgres } = seconds[name];
    return { load: micros(load), servers: micros(servers), postgres: micros(postgres) };
  });
  return { rates: rates as Rates, costs, acknowledged, sealedWithinSeconds };
}

/** Everything at work, as `tollkeeper api` and `tollkeeper worker` run it. */
async function measurePath(surroundings: Surroundings, temporal: Client, progress: Progress) {
  progress('Starting API and worker for the whole path');
  const ledger = await surroundings.createLedger('whole_path');
  const { meterEvents, stripeKey } = surroundings;
  const stripe = createStripe({ secretKey: stripeKey, apiBase: meterEvents.url });
  await pushCatalog(stripe, await loadCatalog(CATALOG));
  const api = await surroundings.run({ name: 'whole-api', args: ['api'], ledger });
  const worker = await surroundings.run({ name: 'worker', args: ['worker'], ledger });
  const path = { ...ledger, apiUrl: api.url, temporal, meterEvents };
  const history = await measureHistory(path, HISTORY_LOAD);
  progress(`History: ${readable(history.perThousand)} events per 1,000 usage events`);
  const latency = await measureLatency(path, LATENCY_LOAD);
  progress(`Usage event → Stripe meter event: p99 ${readable(latency.p99Seconds)} s`);
  const names = Array.from({ length: OPEN_PAGES }, (_, number) => latencyCustomer(number));
  const dashboard = await measureDashboard(path, names, DASHBOARD_LOAD);
  progress(`Usage event → dashboard: p99 ${readable(dashboard.p99Seconds)} s`);
  // What comes next has nothing to do with them, and would meet their idle work.
  await worker.stop();
  await api.stop();
  return { history, latency, dashboard };
}

/** Everything that stands between an app and a model. */
export async function measureOverheads(
  surroundings: Surroundings,
  progress: Progress,
): Promise<Overhead[]> {
  const overheads: Overhead[] = [];
  const measured = (each: Overhead) => {
    overheads.push(each);
    const figures = [each.p50Ms, each.p99Ms].map(readable);
    progress(`Added by ${each.of} to a call: p50 ${figures[0]} ms, p99 ${figures[1]} ms`);
  };
  await measureWrappers(TURNS, measured);
  await measurePython(TURNS, measured);
  await measureProxies(surroundings, TURNS, measured);
  return overheads;
}

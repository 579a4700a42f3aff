/**
 * What a run of the benchmark stands on, in a folder of its own that is removed again: Postgres as
 * durable as a user's, Temporal's dev server, the Stripe sandbox, our programs in own processes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../src/db/migrate';
import { createApiKey } from '../src/db/api-keys';
import { createPool } from '../src/db/pool';
import { startChild, untilReady } from '../src/dev/processes/child-process';
import type { RunningChild } from '../src/dev/processes/child-process';
import { readDevEnvironment } from '../src/dev/environment';
import { freePort } from '../src/dev/free-port';
import { createDatabaseIfMissing, startPostgres } from '../src/dev/postgres/server';
import { startStripeSandbox } from '../src/dev/stripe-sandbox/server';
import { findTemporalCli } from '../src/dev/temporal/command-line';
import { startTemporalServer } from '../src/dev/temporal/server';
import { createStripe, STRIPE_API_VERSION } from '../src/stripe/client';
import { watchMeterEvents } from './meter-event-watch';
import type { MeterEventWatch } from './meter-event-watch';
import { nice, setSessionNiceness } from './niceness';

interface RunningSandbox {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

const READY_LIMIT_MS = 90_000;
const STRIPE_KEY = 'sk_test_bench';
const PROGRAM = join(__dirname, '..', 'bin', 'tollkeeper.js');

export interface Surroundings {
  readonly temporalAddress: string;
  readonly stripeKey: string;
  readonly meterEvents: MeterEventWatch;
  /** Processes that are no programs of ours; without a sandbox apart, it is this one. */
  readonly pids: Readonly<Record<'postgres' | 'temporal' | 'sandbox', number>>;
  /** A migrated database with the keys of an app and of an operator. */
  createLedger(name: string): Promise<Ledger>;
  /** Runs `tollkeeper …arguments` until it is stopped; with `PORT`, where it listens. */
  run(program: Program): Promise<RunningProgram>;
  stop(): Promise<void>;
}

export interface Ledger {
  readonly databaseUrl: string;
  readonly ingestKey: string;
  readonly adminKey: string;
}

export interface Program {
  readonly name: string;
  readonly args: readonly string[];
  readonly ledger: Ledger;
  /** Where it listens; else a free port. */
  readonly port?: number;
  /** Variables of src/config.ts, besides those of the surroundings. */
  readonly env?: Readonly<Record<string, string>>;
  /** As `nice` has it: 19 has what all others leave of the processor. Absent: 0. */
  readonly niceness?: number;
}

export interface RunningProgram {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Postgres' settings are those of a user's, but for those that are given. The sandbox is a process
 * of its own where what it costs is told.
 */
export async function startSurroundings(
  progress: (line: string) => void,
  settings: Readonly<Record<string, string>> = {},
  { sandboxApart = false } = {},
): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-bench-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stopAll = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  // Whoever asks again waits as well.
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll());
  try {
    progress('Starting Postgres, Temporal and the Stripe sandbox');
    const postgres = await startPostgres({
      dataFolder: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      port: await freePort(),
      settings,
    });
    stops.push(() => rm(postgres.dataFolder, { recursive: true, force: true }), postgres.stop);
    const temporal = await startTemporalServer({
      cli: await findTemporalCli(readDevEnvironment(), progress),
      // In memory: with a file, its one writer waits for the disk that Postgres needs, and one
      // signal per event looks ten times worse than it is.
      port: await freePort(),
      logFile: join(folder, 'temporal.log'),
    });
    stops.push(temporal.stop);
    const sandbox = await (sandboxApart ? startSandboxApart(folder) : startStripeSandboxHere());
    stops.push(sandbox.close);
    const meterEvents = await watchMeterEvents(sandbox.url);
    stops.push(meterEvents.close);
    const address = {
      ...{ temporalAddress: temporal.address, stripeUrl: meterEvents.url },
      secretOf: createWebhookSecrets(meterEvents.url),
    };
    return {
      temporalAddress: temporal.address,
      stripeKey: STRIPE_KEY,
      meterEvents,
      pids: { postgres: postgres.child.pid, temporal: temporal.child.pid, sandbox: sandbox.pid },
      createLedger: (name) => createLedger(postgres.adminUrl, postgres.databaseUrl(name), name),
      run: async (program) => {
        const running = await runProgram(program, folder, address);
        stops.push(running.stop);
        return running;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startStripeSandboxHere(): Promise<RunningSandbox> {
  const { url, close } = await startStripeSandbox();
  return { url, close, pid: process.pid };
}

async function startSandboxApart(folder: string): Promise<RunningSandbox> {
  const port = await freePort();
  const child = await startChild({
    command: process.execPath,
    args: [PROGRAM, 'stripe-sandbox', '--port', String(port)],
    logFile: join(folder, 'stripe-sandbox.log'),
    channel: true,
    env: readDevEnvironment().inherited,
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    fetch(`${url}/_sandbox/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await untilReady(child, 'The sandbox', answers, READY_LIMIT_MS);
  return { url, pid: child.pid, close: child.stop };
}

async function createLedger(adminUrl: string, databaseUrl: string, name: string): Promise<Ledger> {
  await createDatabaseIfMissing(adminUrl, name);
  await migrate(databaseUrl);
  const pool = createPool({ connectionString: databaseUrl, max: 1 });
  try {
    const ingest = await createApiKey(pool, { name: 'ingest', scopes: ['ingest'] });
    const admin = await createApiKey(pool, { name: 'admin', scopes: ['admin'] });
    return { databaseUrl, ingestKey: ingest.key, adminKey: admin.key };
  } finally {
    await pool.end();
  }
}

async function runProgram(
  { name, args, ledger, port, env, niceness = 0 }: Program,
  folder: string,
  address: {
    temporalAddress: string;
    stripeUrl: string;
    secretOf: (port: number) => Promise<string>;
  },
): Promise<RunningProgram> {
  const listening = port ?? (await freePort());
  const [command = '', ...words] = nice(niceness);
  const child: RunningChild = await startChild({
    command,
    args: [...words, process.execPath, PROGRAM, ...args],
    onSpawn: (pid) => setSessionNiceness(pid, niceness),
    logFile: join(folder, `${name}.log`),
    channel: true,
    env: {
      ...readDevEnvironment().inherited,
      NODE_ENV: 'production',
      // One key is all there is of a load: what the machine takes is what is measured.
      LIMIT_USAGE_PER_SECOND: '0',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      PORT: String(listening),
      DATABASE_URL: ledger.databaseUrl,
      TEMPORAL_ADDRESS: address.temporalAddress,
      TEMPORAL_NAMESPACE: 'default',
      STRIPE_API_BASE: address.stripeUrl,
      STRIPE_SECRET_KEY: STRIPE_KEY,
      // Only an API that a workflow stands behind is told what happens at Stripe.
      STRIPE_WEBHOOK_SECRET: args[0] === 'api' ? await address.secretOf(listening) : 'whsec_none',
      ...env,
    },
  });
  try {
    await untilReady(child, `The ${name}`, async () => child.isReady(), READY_LIMIT_MS);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${listening}`, pid: child.pid, stop: child.stop };
}

/** Whoever listens at a port again is told under the same secret. */
function createWebhookSecrets(apiBase: string): (port: number) => Promise<string> {
  const secrets = new Map<number, Promise<string>>();
  const create = async (port: number) => {
    const { secret } = await createStripe({
      secretKey: STRIPE_KEY,
      apiBase,
    }).webhookEndpoints.create({
      url: `http://127.0.0.1:${port}/webhooks/stripe`,
      enabled_events: ['*'],
      api_version: STRIPE_API_VERSION,
    });
    return String(secret);
  };
  return (port) => {
    const made = secrets.get(port) ?? create(port);
    secrets.set(port, made);
    return made;
  };
}

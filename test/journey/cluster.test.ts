/**
 * Goal: what one machine does, several processes do: months are billed on a cluster as
 * `npm run cluster` starts it, and whoever is killed there is missed by nobody.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StackInfo } from '../../src/cli/development/development';
import type { MeasuredPeriod } from '../../src/demo/measure';
import { createApiClient } from '../../src/demo/client';
import { runDemo } from '../../src/demo/run-demo';
import { createPool } from '../../src/db/pool';
import { TollkeeperClient } from '../../src/sdk/client';
import { createStripe } from '../../src/stripe/client';
import { LEADING_AWAY, running } from '../support/stack/development-stack';
import { eventually } from '../support/stack/eventually';
import { sumMeters } from '../support/stripe/meter-sum';

const BUILD_LIMIT_MS = 900_000;
const TOKENS_PER_EVENT = 11;
const VICTIMS = ['temporal-history-1', 'api-1', 'worker-1', 'temporal-history-2', 'api-2'];

const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-cluster-'));
const read = <T>(file: string) => JSON.parse(readFileSync(join(dir, file), 'utf8')) as T;
const pids = () => read<{ children: Record<string, { pid: number }> }>('processes.json').children;

let cluster: ChildProcess;
let output = '';
let info: StackInfo;
beforeAll(async () => {
  const program = join(__dirname, '../../bin/tollkeeper.js');
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !LEADING_AWAY.test(name)),
  );
  cluster = spawn(process.execPath, [program, 'cluster', '--small', '--dir', dir], { env });
  for (const stream of [cluster.stdout, cluster.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  info = await eventually(
    () => (cluster.exitCode === null ? read<StackInfo>('stack.json') : ({} as StackInfo)),
    () => true,
    BUILD_LIMIT_MS,
  );
  if (cluster.exitCode !== null)
    throw new Error(`The cluster ended while it was starting:\n${output}`);
}, BUILD_LIMIT_MS);

test('two months of five customers and two vendors are billed on it to the cent', async () => {
  const pool = createPool({ connectionString: info.databaseUrl, max: 4 });
  const stripe = stripeOf(info);
  const deps = { api: createApiClient(info), stripe, pool, onProgress: () => undefined };
  const { ok, customers } = await runDemo(deps).finally(() => pool.end());
  const periods: MeasuredPeriod[] = customers.flatMap((customer) => [...customer.periods]);
  expect(periods.map(({ drift, invoiceStatus }) => `${drift} ${invoiceStatus}`)).toEqual(
    Array<string>(10).fill('0 paid'),
  );
  expect(ok).toBe(true);
}, 300_000);

test('hosts of Temporal, APIs and workers are killed under load: apps see no error, and nothing is lost', async () => {
  const api = createApiClient(info);
  await api.put('/v1/customers/survivor', { email: 's@example.com', plan: 'pay_as_you_go' });
  const statuses: number[] = [];
  const app = new TollkeeperClient({
    ...{ baseUrl: info.apiUrl, apiKey: info.ingestKey, onError: () => undefined },
    retryMs: { min: 50, max: 500 },
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      statuses.push(response.status);
      return response;
    },
  });
  let killing = true;
  let sent = 0;
  const load = (async () => {
    for (; killing; sent += 1) {
      await app.recordUsage({
        ...{ id: `survivor-${sent}`, customer: 'survivor', model: 'gpt-4o-mini' },
        tokens: { input: TOKENS_PER_EVENT },
      });
      await pause(5);
    }
  })();
  for (const name of VICTIMS) await killAndAwait(name);
  killing = false;
  await load;
  await app.close({ timeoutMs: 60_000 });

  expect([...new Set(statuses)]).toEqual([202]);
  expect(sent).toBeGreaterThan(VICTIMS.length);
  const usedTokens = sent * TOKENS_PER_EVENT;
  const books = await eventually(
    () => reportedOf('survivor'),
    ({ reportedTokens }) => reportedTokens === usedTokens,
    120_000,
  );
  expect(books).toEqual({ usedTokens, reportedTokens: usedTokens });
}, 300_000);

test('all of it is told in a table, and ends by one signal', async () => {
  const processes = pids();
  const names = Object.keys(processes);
  expect(names.sort()).toEqual([
    ...['api-1', 'api-2', 'postgres', 'temporal-frontend-1', 'temporal-history-1'],
    ...['temporal-history-2', 'temporal-matching-1', 'temporal-ui', 'temporal-worker-1'],
    ...['worker-1', 'worker-2'],
  ]);
  for (const name of names) expect(output).toContain(name);
  expect((await fetch(String(info.temporalUiUrl))).status).toBe(200);
  const ended = once(cluster, 'exit');
  cluster.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  const alive = Object.entries(processes).map(([name, { pid }]) => [name, pid]);
  expect(await running(Object.fromEntries(alive) as Record<string, number>)).toEqual([]);
  await rm(dir, { recursive: true, force: true });
}, 120_000);

afterAll(() => void (cluster.exitCode === null && cluster.kill('SIGTERM')));

const stripeOf = ({ stripeSecretKey: secretKey, stripeApiBase }: StackInfo) =>
  createStripe({ secretKey, apiBase: stripeApiBase ?? undefined });

async function killAndAwait(name: string): Promise<void> {
  const victim = pids()[name]?.pid;
  process.kill(Number(victim), 'SIGKILL');
  await eventually(
    () => pids()[name]?.pid,
    (pid) => pid !== undefined && pid !== victim,
    60_000,
  );
}

/** What the ledger has of the period, and what Stripe's meter. */
async function reportedOf(customer: string) {
  const stripe = stripeOf(info);
  const api = createApiClient(info);
  const view = await api.get<{ stripeCustomerId: string }>(`/v1/customers/${customer}`);
  const usage = await api.get<{ usedTokens: number; period: { start: string; end: string } }>(
    `/v1/customers/${customer}/usage`,
  );
  const seconds = (text: string | undefined) => Date.parse(String(text)) / 1000;
  const meter = 'tollkeeper_payg_standard';
  const reportedTokens = await sumMeters(stripe, meter, String(view?.stripeCustomerId), {
    ...{ start: seconds(usage?.period.start), end: seconds(usage?.period.end) },
  });
  return { usedTokens: usage?.usedTokens, reportedTokens };
}

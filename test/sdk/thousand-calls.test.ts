/**
 * Goal: what an app's customers used is in the ledger as the provider billed it, once, by whichever
 * way it calls models, though the ledger is out of reach for a while and the app is killed twice.
 * Method: calls by the real clients in processes of their own, metered in Node and in Python, or
 * through the proxy, of servers that keep the bill and repeat their ids; SIGKILL in the middle of
 * the work. `npm run calls-show` makes thousands of each.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import { startProxy } from '../support/calls/killable-proxy';
import type { KillableProxy } from '../support/calls/killable-proxy';
import { callsOf, cellsOf, IS_SHOW, SEED, WAYS } from '../support/calls/matrix';
import type { Way } from '../support/calls/matrix';
import { settle, sureCalls } from '../support/calls/oracle';
import type { LedgerRow, Settled } from '../support/calls/oracle';
import { playWay } from '../support/calls/play';
import type { Life } from '../support/calls/play';
import { reportTable } from '../support/calls/report';
import { startStandIn } from '../support/calls/stand-in';
import type { StandIn } from '../support/calls/stand-in';
import { installClients } from '../support/clients/install';
import { startNetworkGate } from '../support/network/network-gate';
import type { NetworkGate } from '../support/network/network-gate';
import { findPython } from '../support/sdk/python';
import { eventually } from '../support/stack/eventually';

const INSTALL_MS = 900_000;
/** The proxy may wait so long before it sends usage again. */
const LATE_MS = 30_000;
const LIMIT_MS = IS_SHOW ? 7_200_000 : 240_000;

let api: TestApi;
let provider: StandIn;
let proxy: KillableProxy;
let folder: string;
/** Usage passes one on its way to the ledger; the proxy's is before its database. */
let gates: Readonly<Record<Way, NetworkGate>>;
let lives: Readonly<Record<Way, readonly Life[]>>;
let settled: readonly Settled[];
let faults: readonly string[];

beforeAll(async () => {
  const [python, clients] = [await findPython(), await installClients('newest')];
  let databaseUrl = '';
  api = await startTestApi(async (url) => {
    databaseUrl = url;
    return {};
  });
  await addCustomers();
  provider = await startStandIn();
  folder = mkdtempSync(join(tmpdir(), 'tollkeeper-calls-'));
  for (const way of WAYS) mkdirSync(join(folder, way));
  gates = {
    node: await startNetworkGate(api.url),
    python: await startNetworkGate(api.url),
    proxy: await startNetworkGate(databaseUrl),
  };
  const gated = new URL(databaseUrl);
  gated.port = new URL(gates.proxy.url).port;
  const directory = join(folder, 'proxy', 'spool');
  const places = { databaseUrl: gated.href, provider: provider.url, directory };
  proxy = await startProxy(api, places);
  const stageOf = (way: Way) => ({
    ...{ way, provider, gate: gates[way], apiKey: api.keys.ingest, folder: join(folder, way) },
    ...{ clients, python, proxy: way === 'proxy' ? proxy : undefined, limitMs: LIMIT_MS },
  });
  const [node, pythons, proxied] = await Promise.all(WAYS.map((way) => playWay(stageOf(way))));
  lives = { node: node ?? [], python: pythons ?? [], proxy: proxied ?? [] };
  const sure = sureCalls(provider.bill, 'proxy', lives.proxy);
  // What does not come is told by the comparison.
  const isThere = (rows: readonly LedgerRow[]) => rows.filter(isProxied).length >= sure;
  await eventually(readLedger, isThere, LATE_MS).catch(() => undefined);
  await proxy.stop();
  ({ settled, faults } = settle(provider.bill, await readLedger(), lives));
}, INSTALL_MS + LIMIT_MS);

afterAll(async () => {
  if (IS_SHOW) process.stdout.write(`\nCalls, seed ${SEED}\n${reportTable(settled)}\n`);
  await proxy.stop();
  for (const gate of Object.values(gates)) await gate.shut();
  await provider.close();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

/** None of them is slowed down, however much it uses. */
async function addCustomers(): Promise<void> {
  for (const { customer } of WAYS.flatMap(cellsOf)) await api.addCustomer(customer);
  await api.pool.query(`update customers set plan = 'pay_as_you_go'`);
}

const isProxied = ({ customer }: LedgerRow): boolean => customer.endsWith('-proxy');

async function readLedger(): Promise<LedgerRow[]> {
  const { rows } = await api.pool.query<LedgerRow>(
    `select customer, model, input::int, output::int, cache_read::int as "cacheRead",
            cache_write::int as "cacheWrite", reasoning::int,
            coalesce(metadata ->> 'estimated', '') = 'true' as "isEstimate"
     from usage_events`,
  );
  return rows;
}

test('the ledger has each call as the provider billed it, once, whatever its id', () => {
  expect(faults.slice(0, 5)).toEqual([]);
  const kinds = settled.map(({ attempt }) => `${attempt.customer} ${attempt.isStream}`);
  expect(new Set(kinds).size).toBeGreaterThan(WAYS.flatMap(cellsOf).length);
});

test('an aborted call is marked as an estimate, and no other is that was read', () => {
  for (const { attempt, rows } of settled.filter(isRead)) {
    const marks = rows.map(({ isEstimate }) => isEstimate);
    expect([attempt, marks]).toEqual([attempt, [attempt.kind === 'aborted']]);
  }
});

/** Its app has read it, or left it. */
const isRead = ({ attempt: { way, life, number }, isSure }: Settled): boolean =>
  isSure && lives[way][life]?.journal.finished.has(number) === true;

test.each(WAYS)('by the way %s each call is finished, and some were cut off', (way) => {
  const finished = lives[way].flatMap(({ journal }) => [...journal.finished]);
  expect(finished.sort((a, b) => a - b)).toEqual(
    Array.from({ length: callsOf(way) }, (_, call) => call),
  );
  expect(cutOffs(way).length).toBeGreaterThan(0);
});

const cutOffs = (way: Way): number[] =>
  lives[way].flatMap(({ journal: { began, finished } }) =>
    [...began].filter((call) => !finished.has(call)),
  );

test('apps were told of the outage, and of nothing else', () => {
  for (const way of ['node', 'python'] as const) {
    const codes = new Set(lives[way].flatMap(({ journal }) => journal.errors));
    codes.delete('spool_torn');
    expect([way, [...codes]]).toEqual([way, ['send_failed']]);
    expect([way, lives[way].flatMap(({ journal }) => journal.failed)]).toEqual([way, []]);
  }
  // Through the proxy calls fail as it is killed.
  const failed = lives.proxy.filter(({ journal }) => journal.failed.length > 0);
  expect(failed.filter(({ isRecorderKilled }) => !isRecorderKilled)).toEqual([]);
});

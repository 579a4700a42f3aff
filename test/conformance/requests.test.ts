/**
 * Goal: every call that Tollkeeper made to Stripe during the tests is one that Stripe's own judge
 * of requests, stripe-mock, accepts.
 */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDevEnvironment } from '../../src/dev/environment';
import { findStripeMock } from '../../src/dev/stripe-mock';
import { readRecordings, recordingFolder } from './recordings';
import type { Call } from './recordings';
import { startStripeMock } from './stripe-mock-server';
import type { StripeMock } from './stripe-mock-server';

/** What stripe-mock refuses and Stripe takes, with the reason. Nothing else may be refused. */
const EXCEPTIONS: readonly { call: RegExp; says: RegExp; reason: string }[] = [
  {
    call: /^POST \/v1\/webhook_endpoints$/,
    says: /api_version/,
    reason: 'stripe-mock knows API versions up to 2026-08-26.dahlia; ours is 2026-10-28.endive',
  },
  {
    call: /^(GET|POST) \/v2\/(core\/(event_destinations|events\/\w+)|billing\/meter_event_\w+)$/,
    says: /^Unrecognized request URL/,
    reason: 'stripe-mock has no resources of /v2',
  },
];

const say = (line: string) => process.stderr.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-stripe-mock-'));
let stripeMock: StripeMock;

beforeAll(async () => {
  const program = await findStripeMock(readDevEnvironment(), say);
  stripeMock = await startStripeMock(program, join(folder, 'stripe-mock.log'));
}, 300_000);
afterAll(async () => {
  await stripeMock.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a parameter that Stripe does not have would be refused here', async () => {
  const call = madeUp('POST', '/v1/customers', 'no_such_parameter=1');
  expect(await stripeMock.refusalOf(call)).toMatch(/additional properties/);
});

test('stripe-mock accepts every call that Tollkeeper made', async () => {
  const calls = await callsOfTollkeeper();
  const refused = new Map<string, string>();
  const excepted = new Map<string, number>();
  for (const call of calls) {
    const message = await stripeMock.refusalOf(call);
    if (message === null) continue;
    const what = `${call.method} ${call.path.split('?')[0] ?? ''}`;
    const exception = EXCEPTIONS.find((one) => one.call.test(what) && one.says.test(message));
    if (!exception) refused.set(`${what} ${call.body}`, message);
    else excepted.set(exception.reason, (excepted.get(exception.reason) ?? 0) + 1);
  }
  const kinds = new Set(calls.map(({ method, path }) => `${method} ${shapeOf(path)}`));
  say(`${calls.length} different calls of ${kinds.size} kinds by Tollkeeper, replayed`);
  for (const [reason, times] of excepted) say(`${times} excepted: ${reason}`);
  expect(Object.fromEntries(refused)).toEqual({});
  // Customers, subscriptions, meters, prices, invoices…: fewer would mean that nothing was noted.
  expect(kinds.size).toBeGreaterThan(20);
}, 300_000);

/** Each different one once: stripe-mock has no memory, so a repetition says nothing new. */
async function callsOfTollkeeper(): Promise<Call[]> {
  const calls = new Map<string, Call>();
  for await (const entry of readRecordings(recordingFolder())) {
    if (entry.kind !== 'call' || !entry.userAgent?.includes('Tollkeeper')) continue;
    calls.set(`${entry.method} ${entry.path} ${entry.body}`, entry);
  }
  return [...calls.values()];
}

function shapeOf(path: string): string {
  return (path.split('?')[0] ?? '').replace(/\/[a-z]+_[A-Za-z0-9_]{6,}/g, '/…');
}

function madeUp(method: string, path: string, body: string): Call {
  const contentType = 'application/x-www-form-urlencoded';
  const rest = { version: null, userAgent: null, status: 200, answer: '{}' };
  return { kind: 'call', method, path, body, contentType, ...rest };
}

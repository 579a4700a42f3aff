/** Goal: many reports leave by few calls, each once, and none holds up or wrongs another. */
import type Stripe from 'stripe';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import type { StripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { createStripe } from '../../src/stripe/client';
import { createMeterStream } from '../../src/stripe/meter-stream';
import type { MeterReport } from '../../src/stripe/meter-transport';
import { meterAndPrices } from '../support/sandbox/stand';

const MINUTE_MS = 60_000;
const KEY = 'sk_test_stream';

let sandbox: StripeSandbox;
let stripe: Stripe;
let meter = '';
let customer = '';
let nowMs = Date.UTC(2026, 0, 15, 12);
/** What leaves together waits here. */
const waiting: (() => void)[] = [];
const gathered = () => new Promise<void>((resolve) => void waiting.push(resolve));
const leave = () => waiting.splice(0).forEach((go) => go());
const paths: string[] = [];

beforeEach(async () => {
  sandbox = await startStripeSandbox({ now: () => nowMs });
  stripe = createStripe({
    ...{ secretKey: KEY, apiBase: sandbox.url },
    pace: { turn: (path) => Promise.resolve(void paths.push(path)), waiting: () => 0 },
  });
  meter = (await meterAndPrices(stripe, { eventName: 'tokens' })).meter.id;
  customer = (await stripe.customers.create({})).id;
  paths.length = 0;
});
afterEach(() => sandbox.close());

const aStream = () => {
  const send = createMeterStream(stripe, { now: () => nowMs, gathered });
  return (report: MeterReport) => send(report, report.identifier);
};

const aReport = (number: number, overrides: Partial<MeterReport> = {}): MeterReport => ({
  ...{ identifier: `sub_1:1:overage:${number}`, meterEventName: 'tokens' },
  ...{ stripeCustomerId: customer, tokens: 10, timestamp: nowMs / 1000 },
  ...overrides,
});

const reports = (count: number) => Array.from({ length: count }, (_, number) => aReport(number));
const streamCalls = () => paths.filter((path) => path.endsWith('stream')).length;
const sessions = () => paths.filter((path) => path.endsWith('session')).length;

async function counted(): Promise<number> {
  const seconds = Math.floor(nowMs / MINUTE_MS) * 60;
  const span = { customer, start_time: seconds - 3_600, end_time: seconds + 3_600 };
  const { data } = await stripe.billing.meters.listEventSummaries(meter, span);
  return data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
}

async function order(path: string, body: object): Promise<void> {
  const sent = { method: 'POST', body: JSON.stringify(body) };
  expect((await fetch(`${sandbox.url}/_sandbox/${path}`, sent)).ok).toBe(true);
}

test('250 reports leave by three calls of one session', async () => {
  const send = aStream();
  const outcomes = reports(250).map(send);
  leave();
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['sent']));
  expect({ calls: streamCalls(), sessions: sessions() }).toEqual({ calls: 3, sessions: 1 });
  expect(await counted()).toBe(2_500);
});

test('the same report, sent again while it waits, leaves once', async () => {
  const send = aStream();
  const outcomes = [send(aReport(1)), send(aReport(1))];
  leave();
  expect(await Promise.all(outcomes)).toEqual(['sent', 'sent']);
  expect(await counted()).toBe(10);
});

test('a session is renewed before it ends', async () => {
  const send = aStream();
  for (const number of [1, 2, 3]) {
    const outcome = send(aReport(number));
    leave();
    await outcome;
    nowMs += 7.1 * MINUTE_MS;
  }
  expect(sessions()).toBe(2);
});

test('a session that Stripe ended early is replaced, and the reports count', async () => {
  const send = aStream();
  const first = send(aReport(1));
  leave();
  await first;
  await order('faults', { path: '/v2/billing/meter_event_stream', status: 401, times: 1 });
  const second = send(aReport(2));
  leave();
  expect(await second).toBe('sent');
  expect(sessions()).toBe(2);
  expect(await counted()).toBe(20);
});

test('where no session can be had, every report fails, and the next ones ask anew', async () => {
  const send = aStream();
  await order('faults', { path: '/v2/billing/meter_event_session', status: 500, times: 1 });
  const failed = [send(aReport(1)), send(aReport(2))];
  leave();
  for (const { status } of await Promise.allSettled(failed)) expect(status).toBe('rejected');
  const outcome = send(aReport(1));
  leave();
  expect(await outcome).toBe('sent');
  expect(await counted()).toBe(10);
});

test('one that Stripe can’t read fails by itself, and the others count', async () => {
  const send = aStream();
  const outcomes = [
    send(aReport(1)),
    send(aReport(2, { identifier: 'x'.repeat(101) })),
    send(aReport(3)),
  ];
  leave();
  const [first, second, third] = await Promise.allSettled(outcomes);
  expect([first, third]).toEqual([
    { status: 'fulfilled', value: 'sent' },
    { status: 'fulfilled', value: 'sent' },
  ]);
  expect(second).toMatchObject({ status: 'rejected', reason: { statusCode: 400 } });
  expect(await counted()).toBe(20);
});

test('an outage fails all that left together, and sent again each counts once', async () => {
  const send = aStream();
  const path = '/v2/billing/meter_event_stream';
  await order('faults', { path, mode: 'cut', times: 1 });
  const lost = reports(3).map(send);
  leave();
  for (const { status } of await Promise.allSettled(lost)) expect(status).toBe('rejected');
  const again = reports(3).map(send);
  leave();
  await Promise.all(again);
  expect(await counted()).toBe(30);
});

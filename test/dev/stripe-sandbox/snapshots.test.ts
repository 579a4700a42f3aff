/** A state is kept and comes back whole: objects, clocks under way, deliveries, orders, chance. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  advance,
  clientOf,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
} from '../../support/sandbox/stand';
import { START, startEndpoint, startStand, until } from '../../support/sandbox/stand';
import type { Stand } from '../../support/sandbox/stand';

let stand: Stand;
beforeEach(async () => {
  stand = await startStand({ webhookRetryDelaysMs: [20, 20, 20, 20], deliveryWaitMs: 5000 });
});
afterEach(() => stand.close());

const keep = async () =>
  ((await stand.control('POST', 'snapshot')) as { snapshot: string }).snapshot;
const restore = (snapshot: unknown) => stand.control('POST', 'restore', { snapshot });

test('what happened after a snapshot is undone, and the month is played again', async () => {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, {
    eventName: 'played',
    baseCents: 2900,
    centsPerToken: '0.0003',
  });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  const before = await keep();
  const play = async (tokens: number) => {
    await report(stripe, 'played', customer.id, tokens, { identifier: 'usage:1' });
    await advance(stripe, clock.id, START + 32 * 86_400);
    return (await stripe.invoices.list({ subscription: id })).data[0]?.total;
  };
  expect(await play(50_000)).toBe(2915);
  expect(await restore(before)).toMatchObject({ restored: true });
  expect((await stripe.testHelpers.testClocks.retrieve(clock.id)).frozen_time).toBe(START);
  expect(await play(1_000_000)).toBe(3200);
});

test('idempotency keys and identifiers come back with the state', async () => {
  const { stripe } = stand;
  const { customer } = await customerOnClock(stripe);
  await meterAndPrices(stripe, { eventName: 'kept' });
  await report(stripe, 'kept', customer.id, 1, { identifier: 'first' });
  const made = await stripe.products.create({ name: 'p' }, { idempotencyKey: 'key' });
  const state = await keep();
  await stand.control('POST', 'reset');
  await restore(state);
  expect((await stripe.products.create({ name: 'p' }, { idempotencyKey: 'key' })).id).toBe(made.id);
  const again = refusal(report(stripe, 'kept', customer.id, 1, { identifier: 'first' }));
  expect((await again).statusCode).toBe(400);
});

test('an advance that the snapshot caught goes on in the restored state', async () => {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'caught', baseCents: 100 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  let isUp = false;
  const endpoint = await startEndpoint(stripe, () => (isUp ? 200 : 500));
  const { secret } = await stripe.webhookEndpoints.create({
    url: endpoint.url,
    enabled_events: ['invoice.created'],
  });
  endpoint.secret.value = String(secret);
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 32 * 86_400 });
  await until('a first attempt', () => endpoint.attempts() === 1);
  const state = await keep();
  await stand.control('POST', 'reset');
  expect((await stripe.testHelpers.testClocks.list()).data).toEqual([]);
  const attempts = endpoint.attempts();
  isUp = true;
  await restore(state);
  const status = async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status;
  await until('the end of the advance', async () => (await status()) === 'ready');
  expect(endpoint.attempts()).toBe(attempts + 1);
  expect((await stripe.invoices.list({ subscription: id })).data[0]?.status).toBe('paid');
  await endpoint.close();
});

test('a reset ends what is under way: no delivery and no step of the old state', async () => {
  const { stripe } = stand;
  const endpoint = await startEndpoint(stripe, () => 500);
  await stripe.webhookEndpoints.create({ url: endpoint.url, enabled_events: ['customer.created'] });
  await stripe.customers.create({});
  await until('a first attempt', () => endpoint.attempts() === 1);
  await stand.control('POST', 'reset');
  // A delivery that had left arrives before what is sent now.
  await fetch(endpoint.url, { method: 'POST' });
  const attempts = endpoint.attempts();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(endpoint.attempts()).toBe(attempts);
  expect(await stand.deliveries()).toEqual([]);
  await endpoint.close();
});

test('a downloaded state moves to another sandbox, and survives its restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const { id } = await stand.stripe.customers.create({ name: 'Ada' });
  const { snapshot } = (await stand.control('POST', 'snapshot?download')) as { snapshot: unknown };
  const other = await startStand({ dataFile: join(folder, 'stripe.json') });
  await other.stripe.customers.create({ name: 'gone' });
  await other.control('POST', 'restore', { snapshot });
  await other.close();
  const after = await startStand({ dataFile: join(folder, 'stripe.json') });
  const { data } = await clientOf(after.sandbox).stripe.customers.list();
  expect(data.map((customer) => [customer.id, customer.name])).toEqual([[id, 'Ada']]);
  await after.close();
  await rm(folder, { recursive: true });
});

test.each([
  [undefined, /needs the field snapshot/],
  ['snap_none', /No such snapshot: snap_none. There is none/],
  [{ format: 2 }, /neither a snapshot's id nor/],
])('restoring %j is refused', async (snapshot, message) => {
  expect(await restore(snapshot)).toMatchObject({
    error: { message: expect.stringMatching(message) as string },
  });
});

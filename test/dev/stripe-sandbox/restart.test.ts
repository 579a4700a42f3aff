/** With a data file, a restart continues where the sandbox was, deliveries included. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  advance,
  clientOf,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  startEndpoint,
  startStand,
  START,
  until,
} from '../../support/sandbox/stand';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('objects, usage, identifiers and idempotency keys survive a restart', async () => {
  const dataFile = join(folder, 'stripe.json');
  const before = await startStand({ dataFile });
  const { clock, customer } = await customerOnClock(before.stripe);
  const { items } = await meterAndPrices(before.stripe, {
    eventName: 'kept',
    baseCents: 2900,
    centsPerToken: '0.0003',
  });
  const options = { idempotencyKey: 'subscription:kept' };
  const order = { customer: customer.id, items };
  const subscription = await before.stripe.subscriptions.create(order, options);
  await report(before.stripe, 'kept', customer.id, 50_000, { identifier: 'kept' });
  await before.close();

  const after = await startStand({ dataFile });
  const replayed = await after.stripe.subscriptions.create(order, options);
  expect(replayed.id).toBe(subscription.id);
  const again = refusal(report(after.stripe, 'kept', customer.id, 1, { identifier: 'kept' }));
  expect((await again).message).toMatch(/already exists/);
  await advance(after.stripe, clock.id, START + 32 * 86_400);
  const [invoice] = (await after.stripe.invoices.list({ customer: customer.id })).data;
  expect(invoice).toMatchObject({ status: 'paid', total: 2915 });
  await after.close();
});

test('a crash loses nothing that was answered', async () => {
  const dataFile = join(folder, 'stripe.json');
  const crashed = await startStand({ dataFile });
  const { id } = await crashed.stripe.customers.create({ name: 'Ada' });
  // What a SIGKILL at this moment leaves: the files as they are, without the close.
  const left = join(folder, 'left.json');
  await copyFile(dataFile, left);
  await copyFile(`${dataFile}.journal`, `${left}.journal`);
  const after = await startStand({ dataFile: left });
  expect(await after.stripe.customers.retrieve(id)).toMatchObject({ name: 'Ada' });
  await after.close();
  await crashed.close();
});

test('what could not be delivered before a restart is delivered after it', async () => {
  const dataFile = join(folder, 'stripe.json');
  const before = await startStand({ dataFile, webhookRetryDelaysMs: [60_000] });
  let isUp = false;
  const endpoint = await startEndpoint(before.stripe, () => (isUp ? 200 : 500));
  const { secret } = await before.stripe.webhookEndpoints.create({
    url: endpoint.url,
    enabled_events: ['customer.created'],
  });
  endpoint.secret.value = String(secret);
  await before.stripe.customers.create({});
  await until('a first attempt', () => endpoint.attempts() === 1);
  await until('its note', async () => (await before.deliveries())[0]?.attempts.length === 1);
  await before.close();
  isUp = true;
  const after = await startStand({ dataFile });
  await until('the delivery', () => endpoint.events.length === 1);
  expect(endpoint.events[0]?.type).toBe('customer.created');
  await after.close();
  await endpoint.close();
});

test('a customer without a test clock renews with real time', async () => {
  let nowMs = START * 1000;
  const stand = await startStand({ now: () => nowMs });
  const { stripe } = clientOf(stand.sandbox);
  const { items } = await meterAndPrices(stripe, { eventName: 'real', baseCents: 500 });
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  nowMs += 31 * 86_400_000;
  await stand.control('POST', 'tick');
  const newest = async () => (await stripe.invoices.list({ subscription: id })).data[0];
  expect(await newest()).toMatchObject({ status: 'draft', billing_reason: 'subscription_cycle' });
  nowMs += 3_601_000;
  await stand.control('POST', 'tick');
  expect(await newest()).toMatchObject({ status: 'paid', total: 500 });
  await stand.close();
});

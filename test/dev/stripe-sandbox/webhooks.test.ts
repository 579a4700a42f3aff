/** Events reach their endpoints: signed, again and again until taken, in the endpoint's shape. */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import {
  advance,
  API_VERSION,
  customerOnClock,
  meterAndPrices,
  startEndpoint,
  startStand,
  START,
  until,
} from '../../support/sandbox/stand';
import type { Stand } from '../../support/sandbox/stand';

let stand: Stand;
let closeEndpoint: () => Promise<void> = () => Promise.resolve();

beforeEach(async () => {
  stand = await startStand({ webhookRetryDelaysMs: [20, 20, 20], deliveryWaitMs: 5000 });
});
afterEach(async () => {
  await closeEndpoint();
  await stand.close();
});

async function listen(answer?: (attempt: number) => number, events: string[] = ['*']) {
  const endpoint = await startEndpoint(stand.stripe, answer);
  closeEndpoint = endpoint.close;
  const created = await stand.stripe.webhookEndpoints.create({
    url: endpoint.url,
    enabled_events: events as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
    api_version: API_VERSION,
  });
  endpoint.secret.value = String(created.secret);
  return { ...endpoint, id: created.id };
}

test('a renewal announces itself with signed events, in real time’s signature', async () => {
  const { stripe } = stand;
  const endpoint = await listen();
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'told', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  const periodEnd = Number(subscription.items.data[0]?.current_period_end);
  await advance(stripe, clock.id, periodEnd);
  await advance(stripe, clock.id, periodEnd + 3600);
  const types = () => endpoint.events.map(({ type }) => type);
  await until(
    'the end of the renewal',
    () => types().filter((type) => type === 'invoice_payment.paid').length === 2,
  );
  expect(types()).toEqual(
    expect.arrayContaining([
      'customer.subscription.created',
      'customer.subscription.updated',
      'invoice.created',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
    ]),
  );
  const renewal = endpoint.events.find(
    (event) =>
      event.type === 'customer.subscription.updated' &&
      event.created === periodEnd &&
      event.data.previous_attributes?.items !== undefined,
  );
  expect(renewal).toMatchObject({
    api_version: API_VERSION,
    data: {
      object: { items: { data: [{ current_period_start: periodEnd }] } },
      previous_attributes: { items: { data: [{ current_period_start: START }] } },
    },
  });
  const [invoice] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(invoice?.webhooks_delivered_at).toBe(periodEnd);
});

test('an endpoint has fifty events to answer at a time, and the others wait', async () => {
  const open: ServerResponse[] = [];
  const seen = { most: 0, taken: 0 };
  let isSlow = true;
  const server = createServer((request, response) => {
    request.resume();
    open.push(response);
    seen.most = Math.max(seen.most, open.length);
    if (!isSlow) answerAll();
  });
  const answerAll = () => {
    for (const response of open.splice(0)) {
      seen.taken += 1;
      response.end();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await stand.stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}`,
    enabled_events: ['customer.created'],
  });
  for (let number = 0; number < 60; number += 1) await stand.stripe.customers.create();
  await until('fifty that are under way', () => open.length >= 50);
  const health = async () => (await fetch(`${stand.sandbox.url}/_sandbox/health`)).json();
  expect(await health()).toMatchObject({ pendingDeliveries: 60 });
  isSlow = false;
  answerAll();
  await until('all of them', () => seen.taken === 60);
  expect(seen).toEqual({ most: 50, taken: 60 });
  server.close();
});

test('an endpoint that fails is asked again until it takes the event', async () => {
  const endpoint = await listen((attempt) => (attempt <= 2 ? 500 : 200), ['customer.created']);
  await stand.stripe.customers.create({ email: 'again@example.com' });
  await until('the delivery', () => endpoint.events.length === 1);
  await until('the note of it', async () => (await stand.deliveries())[0]?.status === 'succeeded');
  const [delivery] = await stand.deliveries();
  expect(delivery?.attempts.map(({ status }) => status)).toEqual([500, 500, 200]);
  const [event] = (await stand.stripe.events.list({ type: 'customer.created' })).data;
  expect(event?.pending_webhooks).toBe(0);
});

test('an endpoint that never takes the event is a visible failure', async () => {
  await listen(() => 503, ['customer.created']);
  await stand.stripe.customers.create({});
  await until('giving up', async () => (await stand.deliveries())[0]?.status === 'failed');
  expect((await stand.deliveries())[0]?.attempts).toHaveLength(4);
});

test('a draft is not finalized before its endpoint took invoice.created', async () => {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'waits', baseCents: 100 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  const order: string[] = [];
  const endpoint = await listen(
    (attempt) => {
      order.push(`attempt ${attempt}`);
      return attempt <= 2 ? 500 : 200;
    },
    ['invoice.created', 'invoice.finalized'],
  );
  await advance(stripe, clock.id, START + 32 * 86_400);
  await until('both events', () => endpoint.events.length === 2);
  expect(endpoint.events.map(({ type }) => type)).toEqual(['invoice.created', 'invoice.finalized']);
  expect(order).toHaveLength(4);
  expect((await stripe.invoices.list({ subscription: id })).data[0]?.status).toBe('paid');
});

test('the secret is shown once, and a disabled endpoint gets nothing', async () => {
  const endpoint = await listen();
  const shown = await stand.stripe.webhookEndpoints.retrieve(endpoint.id);
  expect(shown.secret).toBeUndefined();
  await stand.stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
  await stand.stripe.customers.create({});
  expect(await stand.deliveries()).toEqual([]);
});

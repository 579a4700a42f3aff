/** Deliveries that go wrong on order: twice, never, late, in another order; and sent again. */
import type Stripe from 'stripe';
import { startEndpoint, startStand, until } from '../../support/sandbox/stand';
import type { DeliveryRow, Stand } from '../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;
let endpoint: Awaited<ReturnType<typeof startEndpoint>> & { id: string };

beforeEach(async () => {
  stand = await startStand({ webhookRetryDelaysMs: [300] });
  stripe = stand.stripe;
  endpoint = await listen();
});
afterEach(async () => {
  await endpoint.close();
  await stand.close();
});

async function listen(events: string[] = ['customer.created']) {
  const started = await startEndpoint(stripe);
  const { id, secret } = await stripe.webhookEndpoints.create({
    url: started.url,
    enabled_events: events as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
  });
  started.secret.value = String(secret);
  return { ...started, id };
}

const order = (fault: Record<string, unknown>) => stand.control('POST', 'faults', fault);
const nameOf = (event: Stripe.Event) => (event.data.object as Stripe.Customer).name;
const received = () => endpoint.events.map(nameOf);
const settled = (count: number) =>
  until(`${count} deliveries`, async () => {
    const rows = await stand.deliveries();
    return rows.filter(({ status }) => status === 'succeeded').length === count;
  });

async function createNamed(...names: string[]): Promise<void> {
  for (const name of names) await stripe.customers.create({ name });
}

test('a duplicated event comes twice, with the same id', async () => {
  await order({ webhooks: 'duplicate' });
  await createNamed('Ada', 'Bob');
  await settled(3);
  expect(received().sort()).toEqual(['Ada', 'Ada', 'Bob']);
  expect(new Set(endpoint.events.map(({ id }) => id)).size).toBe(2);
  const { data } = await stripe.events.list({ type: 'customer.created' });
  expect(data.map(({ pending_webhooks: pending }) => pending)).toEqual([0, 0]);
});

test('a dropped event counts as delivered and never comes', async () => {
  await order({ webhooks: 'drop', types: ['customer.created'] });
  await createNamed('lost', 'found');
  await settled(2);
  expect(received()).toEqual(['found']);
  const lost = (await stand.deliveries()).at(-1) as DeliveryRow & { isDropped: boolean };
  expect(lost).toMatchObject({ status: 'succeeded', attempts: [], isDropped: true });
  const { data } = await stripe.events.list({ delivery_success: true });
  expect(data.map(nameOf)).toContain('lost');
});

test('a delayed event comes after later ones', async () => {
  await order({ webhooks: 'delay', delayMs: 1_500 });
  await createNamed('late', 'early');
  await settled(2);
  expect(received()).toEqual(['early', 'late']);
});

test('shuffled events come in the order of the seed, the same in every run', async () => {
  const run = async () => {
    endpoint.events.length = 0;
    await order({ webhooks: 'shuffle', window: 6, seed: 3, delayMs: 60_000 });
    await createNamed('1', '2', '3', '4', '5', '6');
    await until('all six', () => endpoint.events.length === 6);
    return received();
  };
  const first = await run();
  expect([...first].sort()).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(first).not.toEqual(['1', '2', '3', '4', '5', '6']);
  expect(await run()).toEqual(first);
});

test('a window that does not fill is let go, by time or by hand', async () => {
  await order({ webhooks: 'shuffle', window: 3, delayMs: 40 });
  await createNamed('timed');
  await settled(1);
  await stand.control('DELETE', 'faults');
  await order({ webhooks: 'shuffle', window: 3, delayMs: 60_000 });
  await createNamed('held');
  expect(received()).toEqual(['timed']);
  expect(await stand.control('POST', 'deliveries/release')).toEqual({ released: 1 });
  await settled(2);
});

test('a fault of one endpoint leaves the others alone', async () => {
  const other = await listen();
  await order({ webhooks: 'drop', endpoint: other.id, times: 'always' });
  await createNamed('Ada');
  await settled(2);
  expect(received()).toEqual(['Ada']);
  expect(other.events).toEqual([]);
  await other.close();
});

test('an event can be sent again, to its endpoints or to another', async () => {
  await createNamed('Ada');
  await settled(1);
  const event = String(endpoint.events[0]?.id);
  await stand.control('POST', 'deliveries/resend', { event });
  await until('it again', () => endpoint.events.length === 2);
  const other = await listen(['product.created']);
  await stand.control('POST', 'deliveries/resend', { event, endpoint: other.id });
  await until('it there', () => other.events.length === 1);
  expect(await stand.control('POST', 'deliveries/resend', { event: 'evt_none' })).toMatchObject({
    error: { message: 'No such event in the last 30 days: evt_none.' },
  });
  await other.close();
});

test('an endpoint that is disabled before a retry is not tried again', async () => {
  let isUp = false;
  const failing = await startEndpoint(stripe, () => (isUp ? 200 : 500));
  const { id } = await stripe.webhookEndpoints.create({
    url: failing.url,
    enabled_events: ['product.created'],
  });
  await stripe.products.create({ name: 'one' });
  await until('a first attempt', () => failing.attempts() === 1);
  await stripe.webhookEndpoints.update(id, { disabled: true });
  isUp = true;
  await until('its end', async () => (await stand.deliveries())[0]?.status === 'failed');
  expect(failing.attempts()).toBe(1);
  const [event] = (await stripe.events.list({ type: 'product.created' })).data;
  expect(event?.pending_webhooks).toBe(1);
  await failing.close();
});

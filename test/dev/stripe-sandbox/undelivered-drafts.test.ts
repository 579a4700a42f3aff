/** A draft of which nobody takes the news is finalized by Stripe after 72 hours, or after them. */
import type Stripe from 'stripe';
import {
  advance,
  API_VERSION,
  customerOnClock,
  meterAndPrices,
  startEndpoint,
  startStand,
  until,
} from '../../support/sandbox/stand';
import type { Stand } from '../../support/sandbox/stand';

const HOUR = 3600;

let stand: Stand;
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let isTaken = false;
beforeEach(async () => {
  isTaken = false;
  // Its own next attempt is far away.
  stand = await startStand({ webhookRetryDelaysMs: [HOUR * 1000], draftPauseMs: 0 });
  endpoint = await startEndpoint(stand.stripe, () => (isTaken ? 200 : 503));
  const { secret } = await stand.stripe.webhookEndpoints.create({
    ...{ url: endpoint.url, api_version: API_VERSION },
    enabled_events: ['invoice.created'],
  });
  endpoint.secret.value = String(secret);
  await stand.control('POST', 'settings', { undeliveredDraft: 'waits' });
});
afterEach(async () => {
  await endpoint.close();
  await stand.close();
});

/** The renewal's draft is made, and its news refused. */
async function aRenewal() {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'told', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  const end = Number(subscription.items.data[0]?.current_period_end);
  await advance(stripe, clock.id, end);
  const read = async (): Promise<Stripe.Invoice> => {
    const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
    if (!invoice) throw new Error('There is no invoice.');
    return invoice;
  };
  return { end, read, to: (second: number) => advance(stripe, clock.id, second) };
}

test('its clock goes on for a day without it, and finalizes it 72 hours after it was made', async () => {
  const { end, read, to } = await aRenewal();
  await to(end + 71 * HOUR);
  expect((await read()).status).toBe('draft');
  await to(end + 73 * HOUR);
  expect((await read()).status).toBe('paid');
});

test('an attempt that is asked for brings the news, and the draft leaves an hour later', async () => {
  const { end, read, to } = await aRenewal();
  await to(end + 24 * HOUR);
  isTaken = true;
  await stand.control('POST', 'deliveries/retry');
  await until('the news', async () => {
    const deliveries = await stand.deliveries();
    return deliveries.every(({ status }) => status === 'succeeded');
  });
  await to(end + 24 * HOUR + HOUR / 2);
  expect((await read()).status).toBe('draft');
  await to(end + 26 * HOUR);
  expect((await read()).status).toBe('paid');
});

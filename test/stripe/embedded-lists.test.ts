/** Goal: what Stripe embeds in part is read as a whole. */
import type Stripe from 'stripe';
import { readSubscriptionWhole, withAllLines } from '../../src/stripe/embedded-lists';
import { customerOnClock, meterAndPrices, startStand } from '../support/sandbox/stand';
import type { Stand } from '../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterEach(() => stand.close());

async function aSubscriptionOf(count: number) {
  const { customer } = await customerOnClock(stripe);
  const items: { price: string }[] = [];
  for (let at = 0; at < count; at += 1) {
    const priced = await meterAndPrices(stripe, { eventName: `rate_${at}`, baseCents: 100 + at });
    items.push(...priced.items);
  }
  return stripe.subscriptions.create({ customer: customer.id, items });
}

test('a subscription of 25 items is read with every one of them', async () => {
  await stand.control('POST', 'settings', { itemsPerSubscription: 25 });
  const made = await aSubscriptionOf(25);
  expect(made.items.data).toHaveLength(10);
  const whole = await readSubscriptionWhole(stripe, made.id);
  expect(new Set(whole.items.data.map(({ price }) => price.id)).size).toBe(25);
  expect(whole.items.has_more).toBe(false);
});

test('an invoice of 12 lines that was listed is read with every one of them', async () => {
  const { id } = await aSubscriptionOf(12);
  const { data } = await stripe.invoices.list({ subscription: id });
  expect(data[0]?.lines.data).toHaveLength(10);
  const [whole] = await withAllLines(stripe, data);
  expect(new Set(whole?.lines.data.map((line) => line.id)).size).toBe(12);
});

/** Goal: a classic subscription becomes flexible for good, and its usage is then never lost. */
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const DAY = 86_400;
const FLEXIBLE = { billing_mode: { type: 'flexible' } } as const;

let stand: Stand;
let made = 0;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand.close());

/** Its usage, 300 at a cent, is swapped for another price after ten days. */
async function aClassic() {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const eventName = `migration_${(made += 1)}`;
  const { items, meter } = await meterAndPrices(stripe, { eventName, centsPerToken: '1' });
  const { id, items: its } = await stripe.subscriptions.create({
    ...{ customer: customer.id, items, billing_mode: { type: 'classic' } },
  });
  const swap = async () => {
    await report(stripe, eventName, customer.id, 300);
    await advance(stripe, clock.id, START + 10 * DAY);
    const recurring = { interval: 'month', usage_type: 'metered', meter: meter.id } as const;
    const terms = { currency: 'usd', product_data: { name: 'dearer' }, unit_amount: 2, recurring };
    const { id: price } = await stripe.prices.create(terms);
    await stripe.subscriptions.update(id, { items: [{ id: its.data[0]?.id, price }] });
    const { data } = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
    return data.map(({ amount }) => amount);
  };
  return { id, swap };
}

test('it says since when, and is told of', async () => {
  const { stripe } = stand;
  const { id } = await aClassic();
  const migrated = await stripe.subscriptions.migrate(id, FLEXIBLE);
  expect(migrated.billing_mode).toEqual({
    ...{ type: 'flexible', flexible: { proration_discounts: 'included' }, updated_at: START },
  });
  const { data } = await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 });
  expect(data[0]?.data.previous_attributes).toEqual({ billing_mode: { type: 'classic' } });
});

test('usage so far is billed when its price is swapped; in classic mode it is lost', async () => {
  const classic = await aClassic();
  expect(await classic.swap()).toEqual([]);
  const flexible = await aClassic();
  await stand.stripe.subscriptions.migrate(flexible.id, FLEXIBLE);
  expect(await flexible.swap()).toEqual([300]);
});

test('what is flexible or has ended is refused', async () => {
  const { stripe } = stand;
  const { id } = await aClassic();
  await stripe.subscriptions.migrate(id, FLEXIBLE);
  const again = await refusal(stripe.subscriptions.migrate(id, FLEXIBLE));
  const ended = await aClassic();
  await stripe.subscriptions.cancel(ended.id);
  const late = await refusal(stripe.subscriptions.migrate(ended.id, FLEXIBLE));
  expect([again.statusCode, late.statusCode]).toEqual([400, 400]);
});

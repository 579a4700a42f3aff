/**
 * Goal: the worked examples of Stripe's documentation come out to the cent, through the official
 * client: in the sandbox and, with a key, at Stripe itself.
 */
import type Stripe from 'stripe';
import { describeInBoth, unique } from '../../../support/sandbox/both';
import type { Place } from '../../../support/sandbox/both';
import { advance, customerOnClock, report, START, until } from '../../../support/sandbox/stand';

type Terms = Partial<Stripe.PriceCreateParams>;

/** docs.stripe.com/subscriptions/pricing-models/tiered-pricing: fonts at $7, $6.50 and $6. */
const FONTS: Stripe.PriceCreateParams.Tier[] = [
  { up_to: 5, unit_amount: 700 },
  { up_to: 10, unit_amount: 650 },
  { up_to: 'inf', unit_amount: 600 },
];
const volume: Terms = { billing_scheme: 'tiered', tiers_mode: 'volume', tiers: FONTS };
const graduated: Terms = { billing_scheme: 'tiered', tiers_mode: 'graduated', tiers: FONTS };
/** stripe.com/docs/billing/subscriptions/quantity-transformation: $10 for every 5 users. */
const per5Users: Terms = {
  unit_amount: 1000,
  transform_quantity: { divide_by: 5, round: 'up' },
};
/** docs.stripe.com/billing/subscriptions/usage-based/transform-quantities: $10 an hour begun. */
const perHour: Terms = { unit_amount: 1000, transform_quantity: { divide_by: 60, round: 'up' } };

const LICENSED: [string, Terms, number, number][] = [
  ['volume: 1 font, $7', volume, 1, 700],
  ['volume: 5 fonts, $35', volume, 5, 3500],
  ['volume: 6 fonts all at $6.50, $39', volume, 6, 3900],
  ['volume: 20 fonts all at $6, $120', volume, 20, 12_000],
  ['volume: 25 fonts all at $6, $150', volume, 25, 15_000],
  ['graduated: 5 fonts, $35', graduated, 5, 3500],
  ['graduated: 6 fonts, 5 × $7 + $6.50', graduated, 6, 4150],
  ['graduated: 20 fonts, 5 × $7 + 5 × $6.50 + 10 × $6', graduated, 20, 12_750],
  ['graduated: 25 fonts, 5 × $7 + 5 × $6.50 + 15 × $6', graduated, 25, 15_750],
  ['package: 1 user, $10', per5Users, 1, 1000],
  ['package: 5 users, $10', per5Users, 5, 1000],
  ['package: 6 users, $20', per5Users, 6, 2000],
  ['package: 7 users, $20', per5Users, 7, 2000],
];
const METERED: [string, Terms, number, number][] = [
  ['a car for 150 minutes, $30 for 3 hours', perHour, 150, 3000],
  ['20 fonts of usage, graduated, $127.50', graduated, 20, 12_750],
  ['20 fonts of usage, by volume, $120', volume, 20, 12_000],
];

describeInBoth("Stripe's own examples", (start) => {
  let place: Place;
  let stripe: Stripe;

  beforeAll(async () => {
    place = await start();
    stripe = place.stripe;
  });
  afterAll(() => place.close());

  const priceOf = async (terms: Terms, recurring: Stripe.PriceCreateParams.Recurring) => {
    const product = await stripe.products.create({ name: 'Typographic' });
    return stripe.prices.create({ currency: 'usd', product: product.id, recurring, ...terms });
  };

  test.each(LICENSED)('%s', async (_example, terms, quantity, cents) => {
    const { customer } = await customerOnClock(stripe);
    const price = await priceOf(terms, { interval: 'month' });
    const { latest_invoice: invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity }],
      expand: ['latest_invoice'],
    });
    expect(invoice).toMatchObject({ status: 'paid', total: cents });
  });

  test.each(METERED)('%s', async (_example, terms, quantity, cents) => {
    const { customer } = await customerOnClock(stripe);
    const eventName = unique('minutes');
    const meter = await stripe.billing.meters.create({
      display_name: eventName,
      event_name: eventName,
      default_aggregation: { formula: 'sum' },
    });
    const recurring = { interval: 'month', usage_type: 'metered', meter: meter.id } as const;
    const price = await priceOf(terms, recurring);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
    });
    await report(stripe, eventName, customer.id, quantity);
    const preview = () => stripe.invoices.createPreview({ subscription: subscription.id });
    await until('the usage in a preview', async () => (await preview()).total === cents, 60);
  });

  // docs.stripe.com/billing/subscriptions/prorations: −$5 and +$10, so $5 more.
  test('an upgrade from $10 to $20 halfway through the period costs $5', async () => {
    const { clock, customer } = await customerOnClock(stripe);
    const small = await priceOf({ unit_amount: 1000 }, { interval: 'month' });
    const large = await priceOf({ unit_amount: 2000 }, { interval: 'month' });
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: small.id }],
    });
    const [item] = items.data;
    const end = Number(item?.current_period_end);
    await advance(stripe, clock.id, START + (end - START) / 2);
    await stripe.subscriptions.update(id, {
      items: [{ id: String(item?.id), price: large.id }],
      proration_behavior: 'always_invoice',
    });
    const { data } = await stripe.invoices.list({ subscription: id, limit: 1 });
    const amounts = data[0]?.lines.data.map(({ amount }) => amount).sort((a, b) => a - b);
    expect({ total: data[0]?.total, amounts }).toEqual({ total: 500, amounts: [-500, 1000] });
  });
});

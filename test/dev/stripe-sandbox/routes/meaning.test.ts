/** The rules for prices, subscriptions, cards and clocks that a schema can't see, one a row. */
import Stripe from 'stripe';
import { describeInBoth, unique } from '../../../support/sandbox/both';
import type { Place } from '../../../support/sandbox/both';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  START,
} from '../../../support/sandbox/stand';

const DAY = 86_400;
let place: Place;
let stripe: Stripe;
let meterId = '';
let product = '';

const monthly = { interval: 'month' } as const;
const metered = () => ({ ...monthly, usage_type: 'metered', meter: meterId }) as const;
const price = (terms: Partial<Stripe.PriceCreateParams>) =>
  stripe.prices.create({ currency: 'usd', product, ...terms });
const cents = (text: string) => Stripe.Decimal.from(text);
const onClock = async () => (await customerOnClock(stripe)).customer.id;
const forever = 'inf' as const;

const RULES: Rule[] = [
  {
    source: '§1 metered price without meter',
    rule: 'a metered price needs a meter',
    call: () => price({ unit_amount: 1, recurring: { ...monthly, usage_type: 'metered' } }),
    refused: { statusCode: 400, param: 'recurring[meter]' },
  },
  {
    source: '§1 metered price without meter',
    rule: 'a meter needs a metered price',
    call: () => price({ unit_amount: 1, recurring: { ...monthly, meter: meterId } }),
    refused: { statusCode: 400, param: 'recurring[usage_type]' },
  },
  {
    source: '§1 tiers + transform_quantity',
    rule: 'tiers and packages do not go together',
    call: () =>
      price({
        billing_scheme: 'tiered',
        tiers_mode: 'graduated',
        tiers: [{ up_to: forever, unit_amount: 1 }],
        transform_quantity: { divide_by: 1000, round: 'up' },
        recurring: metered(),
      }),
    refused: { statusCode: 400, param: 'transform_quantity' },
  },
  {
    source: '§1 unit_amount_decimal',
    rule: 'a unit amount has at most 12 decimals',
    call: () => price({ unit_amount_decimal: cents('0.0000000000001'), recurring: metered() }),
    refused: { statusCode: 400, param: 'unit_amount_decimal' },
  },
  {
    source: '§2 tiers',
    rule: 'the last tier is open-ended',
    call: () =>
      price({
        billing_scheme: 'tiered',
        tiers_mode: 'volume',
        tiers: [{ up_to: 10, unit_amount: 1 }],
        recurring: monthly,
      }),
    refused: { statusCode: 400, param: 'tiers[0][up_to]' },
  },
  {
    source: '§5 limits',
    rule: 'a clock has at most three customers',
    call: async () => {
      const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
      for (let count = 0; count < 4; count += 1)
        await stripe.customers.create({ test_clock: clock.id });
    },
    refused: { statusCode: 400, param: 'test_clock' },
  },
  {
    source: '§5 limits',
    rule: 'a customer on a clock has at most three subscriptions',
    call: async () => {
      const customer = await onClock();
      for (let count = 0; count < 4; count += 1) {
        const { items } = await meterAndPrices(stripe, {
          eventName: unique('name'),
          baseCents: 100,
        });
        await stripe.subscriptions.create({ customer, items });
      }
    },
    refused: { statusCode: 400, param: 'customer' },
  },
  {
    source: '§5 limits',
    rule: 'a clock advances by at most two intervals of its shortest subscription',
    call: async () => {
      const { clock, customer } = await customerOnClock(stripe);
      const { items } = await meterAndPrices(stripe, { eventName: unique('name'), baseCents: 100 });
      await stripe.subscriptions.create({ customer: customer.id, items });
      await advance(stripe, clock.id, START + 60 * DAY);
    },
    refused: { statusCode: 400, param: 'frozen_time' },
  },
  {
    source: '§5 limits',
    rule: 'a clock only moves forward',
    call: async () => {
      const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
      await advance(stripe, clock.id, START - 1);
    },
    refused: { statusCode: 400, param: 'frozen_time' },
  },
  {
    source: '§1 usage records are gone; licensed quantity only',
    rule: 'a metered item takes no quantity',
    call: async () => {
      const { items } = await meterAndPrices(stripe, {
        eventName: unique('name'),
        centsPerToken: '1',
      });
      const quantified = items.map((item) => ({ ...item, quantity: 3 }));
      await stripe.subscriptions.create({ customer: await onClock(), items: quantified });
    },
    refused: { statusCode: 400, param: 'items[0][quantity]' },
  },
  {
    source: '§0, §6 unknown parameters',
    rule: 'a removed parameter is unknown',
    call: async () =>
      stripe.subscriptions.create({
        customer: await onClock(),
        items: [{ plan: 'old' } as Stripe.SubscriptionCreateParams.Item],
      }),
    refused: { statusCode: 400, code: 'parameter_unknown', param: 'items[0][plan]' },
  },
  {
    source: '§4 error table',
    rule: 'a card that declines when attached is a card error',
    call: () => customerOnClock(stripe, START, 'pm_card_chargeDeclined'),
    refused: { statusCode: 402, code: 'card_declined' },
  },
  {
    source: '§3 step 5 (payment_behavior)',
    rule: 'a first payment that must succeed refuses the subscription',
    call: async () => {
      const { customer } = await customerOnClock(stripe, START, 'pm_card_chargeCustomerFail');
      const { items } = await meterAndPrices(stripe, { eventName: unique('name'), baseCents: 100 });
      const behavior = { payment_behavior: 'error_if_incomplete' } as const;
      await stripe.subscriptions.create({ customer: customer.id, items, ...behavior });
    },
    refused: { statusCode: 402, code: 'card_declined' },
  },
];

describeInBoth('what a schema cannot see', (start) => {
  beforeAll(async () => {
    place = await start();
    stripe = place.stripe;
    const made = await meterAndPrices(stripe, { eventName: unique('tokens') });
    meterId = made.meter.id;
    product = made.product.id;
  });
  afterAll(() => place.close());

  test.each(RULES)('$rule ($source)', assertRefused);

  test('a lookup key moves to a new price only when asked to (§2, docs of prices)', async () => {
    const terms = { unit_amount: 100, recurring: monthly, lookup_key: unique('plan:moving') };
    const old = await price(terms);
    expect((await refusal(price(terms))).param).toBe('lookup_key');
    const next = await price({ ...terms, transfer_lookup_key: true });
    const { data } = await stripe.prices.list({ lookup_keys: [terms.lookup_key] });
    expect(data.map(({ id }) => id)).toEqual([next.id]);
    expect((await stripe.prices.retrieve(old.id)).lookup_key).toBeNull();
  });

  test('a subscription of the 31st bills on the last day of shorter months (§5)', async () => {
    const { clock, customer } = await customerOnClock(stripe, Date.UTC(2027, 0, 31, 23, 59) / 1000);
    const { items } = await meterAndPrices(stripe, {
      eventName: unique('monthly31'),
      baseCents: 100,
    });
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
    const ends: string[] = [];
    for (let month = 0; month < 3; month += 1) {
      const [item] = (await stripe.subscriptions.retrieve(id)).items.data;
      const end = Number(item?.current_period_end);
      ends.push(new Date(end * 1000).toISOString());
      await advance(stripe, clock.id, end);
    }
    expect(ends).toEqual([
      '2027-02-28T23:59:00.000Z',
      '2027-03-31T23:59:00.000Z',
      '2027-04-30T23:59:00.000Z',
    ]);
  });
});

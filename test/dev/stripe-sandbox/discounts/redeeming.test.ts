/** Coupons and promotion codes: made, refused, redeemed, and told. */
import type Stripe from 'stripe';
import {
  customerOnClock,
  meterAndPrices,
  refusal,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ draftPauseMs: 0, now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

const typesOf = async () => (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
const twenty = (more: Stripe.CouponCreateParams = {}) =>
  stripe.coupons.create({ percent_off: 20, duration: 'forever', ...more });
const codeOf = (coupon: string, more: Partial<Stripe.PromotionCodeCreateParams> = {}) =>
  stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon }, ...more });
async function buyer() {
  const { customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'Plan', baseCents: 2900 });
  const buy = (discounts: Stripe.SubscriptionCreateParams.Discount[]) =>
    stripe.subscriptions.create({ customer: customer.id, items, discounts });
  return { customer, buy };
}

test('a coupon is made, read, renamed, listed and deleted', async () => {
  const coupon = await twenty({ id: 'TWENTY', name: 'Twenty', metadata: { why: 'launch' } });
  expect(coupon).toMatchObject({
    ...{ id: 'TWENTY', percent_off: 20, amount_off: null, duration: 'forever', valid: true },
    ...{ name: 'Twenty', times_redeemed: 0, metadata: { why: 'launch' } },
  });
  expect((await stripe.coupons.update('TWENTY', { name: 'One fifth' })).name).toBe('One fifth');
  expect((await stripe.coupons.list()).data.map(({ id }) => id)).toEqual(['TWENTY']);
  expect(await stripe.coupons.del('TWENTY')).toMatchObject({ deleted: true });
  expect((await stripe.coupons.list()).data).toEqual([]);
  expect(await refusal(stripe.coupons.retrieve('TWENTY'))).toMatchObject({ statusCode: 404 });
  const types = await typesOf();
  expect(types).toEqual(['coupon.deleted', 'coupon.updated', 'coupon.created']);
});

test.each<[string, Stripe.CouponCreateParams]>([
  ['neither a percentage nor an amount', {}],
  ['both of them', { percent_off: 20, amount_off: 100, currency: 'usd' }],
  ['more than everything', { percent_off: 101 }],
  ['an amount without a currency', { amount_off: 100 }],
  ['repetition without an end', { percent_off: 20, duration: 'repeating' }],
  ['months of something that does not repeat', { percent_off: 20, duration_in_months: 3 }],
])('a coupon of %s is refused', async (_, terms) => {
  expect(await refusal(stripe.coupons.create(terms))).toMatchObject({ statusCode: 400 });
});

test('a code belongs to a coupon, is unique while it is active, and can be switched off', async () => {
  const { id } = await twenty();
  const code = await codeOf(id, { code: 'Launch' });
  expect(code).toMatchObject({
    ...{ code: 'Launch', active: true, promotion: { type: 'coupon', coupon: id } },
    restrictions: { first_time_transaction: false, minimum_amount: null },
  });
  expect(await refusal(codeOf(id, { code: 'LAUNCH' }))).toMatchObject({ param: 'code' });
  expect((await stripe.promotionCodes.update(code.id, { active: false })).active).toBe(false);
  await codeOf(id, { code: 'LAUNCH' });
  const listed = await stripe.promotionCodes.list({ code: 'launch', active: true });
  expect(listed.data.map((one) => one.code)).toEqual(['LAUNCH']);
  expect(await typesOf()).toContain('promotion_code.updated');
});

test('a code without a name gets one, and its coupon can be read with it', async () => {
  const { id } = await twenty();
  const code = await codeOf(id);
  expect(code.code).toMatch(/^[A-Z0-9]{8}$/);
  const expanded = await stripe.promotionCodes.retrieve(code.id, { expand: ['promotion.coupon'] });
  expect(expanded.promotion.coupon).toMatchObject({ percent_off: 20 });
});

test('what is redeemed is counted, and told', async () => {
  const { buy, customer } = await buyer();
  const { id } = await twenty();
  const code = await codeOf(id, { code: 'LAUNCH' });
  const subscription = await buy([{ promotion_code: code.id }]);
  const { discounts } = await stripe.subscriptions.retrieve(subscription.id, {
    expand: ['discounts.source.coupon'],
  });
  expect(discounts).toMatchObject([
    {
      ...{ object: 'discount', customer: customer.id, subscription: subscription.id, end: null },
      ...{ promotion_code: code.id, source: { type: 'coupon', coupon: { percent_off: 20 } } },
    },
  ]);
  expect((await stripe.coupons.retrieve(id)).times_redeemed).toBe(1);
  expect((await stripe.promotionCodes.retrieve(code.id)).times_redeemed).toBe(1);
  expect(await typesOf()).toContain('customer.discount.created');
});

test('what is used up, past, or in another currency is refused, and nothing is bought', async () => {
  const { buy, customer } = await buyer();
  const once = await twenty({ max_redemptions: 1 });
  await stripe.subscriptions.cancel((await buy([{ coupon: once.id }])).id);
  expect(await stripe.coupons.retrieve(once.id)).toMatchObject({ valid: false });
  expect(await refusal(buy([{ coupon: once.id }]))).toMatchObject({ code: 'coupon_expired' });
  const past = await twenty({ redeem_by: START - 1 });
  expect(await refusal(buy([{ coupon: past.id }]))).toMatchObject({ code: 'coupon_expired' });
  const euros = await stripe.coupons.create({ amount_off: 100, currency: 'eur' });
  expect(await refusal(buy([{ coupon: euros.id }]))).toMatchObject({ statusCode: 400 });
  expect(await refusal(buy([{ coupon: 'none' }]))).toMatchObject({ code: 'resource_missing' });
  const { data } = await stripe.subscriptions.list({ customer: customer.id });
  expect(data).toEqual([]);
});

test('a subscription that is refused redeems nothing', async () => {
  const { id } = await twenty();
  const customer = await stripe.customers.create();
  const { items } = await meterAndPrices(stripe, { eventName: 'Plan', baseCents: 2900 });
  const terms = { customer: customer.id, items, discounts: [{ coupon: id }] };
  expect(await refusal(stripe.subscriptions.create(terms))).toMatchObject({
    code: 'resource_missing',
  });
  expect((await stripe.coupons.retrieve(id)).times_redeemed).toBe(0);
  expect(await typesOf()).not.toContain('customer.discount.created');
});

test.each<[string, Stripe.PromotionCodeCreateParams.Restrictions, RegExp]>([
  ['for new customers', { first_time_transaction: true }, /prior transactions/],
  [
    'for bigger purchases',
    { minimum_amount: 3000, minimum_amount_currency: 'usd' },
    /30\.00 USD or more/,
  ],
])('a code that is %s says so', async (_, restrictions, words) => {
  const { buy } = await buyer();
  await buy([]);
  const { id } = await twenty();
  const code = await codeOf(id, { restrictions });
  const refused = await refusal(buy([{ promotion_code: code.id }]));
  expect(refused.message).toMatch(words);
});

test('a code of somebody else, or past its day, is refused', async () => {
  const { buy } = await buyer();
  const { id } = await twenty();
  const other = await stripe.customers.create();
  const own = await codeOf(id, { customer: other.id });
  expect((await refusal(buy([{ promotion_code: own.id }]))).message).toMatch(/another customer/);
  const past = await codeOf(id, { expires_at: START - 60 });
  expect((await refusal(buy([{ promotion_code: past.id }]))).message).toMatch(/expired/);
});

test('a discount is exchanged, kept by its id, and taken away', async () => {
  const { buy } = await buyer();
  const { id } = await twenty();
  const five = await stripe.coupons.create({
    ...{ amount_off: 500, currency: 'usd', duration: 'forever' },
  });
  const subscription = await buy([{ coupon: id }]);
  const [first] = subscription.discounts;
  const both = await stripe.subscriptions.update(subscription.id, {
    discounts: [{ discount: String(first) }, { coupon: five.id }],
  });
  expect(both.discounts).toHaveLength(2);
  expect(both.discounts[0]).toBe(first);
  const one = await stripe.subscriptions.update(subscription.id, {
    discounts: [{ discount: String(both.discounts[1]) }],
  });
  expect(one.discounts).toEqual([both.discounts[1]]);
  expect(await typesOf()).toContain('customer.discount.deleted');
  const gone = await stripe.subscriptions.deleteDiscount(subscription.id);
  expect(gone).toMatchObject({ object: 'discount', deleted: true });
  expect((await stripe.subscriptions.retrieve(subscription.id)).discounts).toEqual([]);
});

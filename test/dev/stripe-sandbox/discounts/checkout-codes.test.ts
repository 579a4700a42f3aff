/** Promotion codes at Checkout: given with the session, or typed by who pays. */
import type Stripe from 'stripe';
import { meterAndPrices, refusal, START, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { enterCodeAt, payAt } from '../../../support/sandbox/checkout-form';

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ draftPauseMs: 0, now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

async function code(
  more: Partial<Stripe.PromotionCodeCreateParams> = {},
  terms: Stripe.CouponCreateParams = { percent_off: 20, duration: 'forever' },
) {
  const { id: coupon } = await stripe.coupons.create(terms);
  const promotion = { type: 'coupon' as const, coupon };
  return stripe.promotionCodes.create({ code: 'LAUNCH', promotion, ...more });
}
async function sessionOf(more: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  const { items } = await meterAndPrices(stripe, { eventName: 'tokens', baseCents: 2900 });
  return stripe.checkout.sessions.create({
    ...{ mode: 'subscription', customer: customer.id, success_url: 'https://example.com/done' },
    line_items: items.map(({ price }) => ({ price, quantity: 1 })),
    ...more,
  });
}
const again = (id: string) => stripe.checkout.sessions.retrieve(id, { expand: ['line_items'] });

test('a code that is typed takes its part off, and the subscription has it', async () => {
  const { id: promotionCode } = await code();
  const session = await sessionOf({ allow_promotion_codes: true });
  expect(await enterCodeAt(session.url, 'launch')).toContain('23.20 USD');
  expect(await again(session.id)).toMatchObject({
    ...{ amount_subtotal: 2900, amount_total: 2320, total_details: { amount_discount: 580 } },
    discounts: [{ coupon: null, promotion_code: promotionCode }],
    line_items: { data: [{ amount_discount: 580, amount_total: 2320 }] },
  });
  await payAt(session.url, '4242424242424242');
  const { subscription } = await again(session.id);
  const { discounts, latest_invoice: invoice } = await stripe.subscriptions.retrieve(
    String(subscription),
    { expand: ['discounts', 'latest_invoice'] },
  );
  expect(discounts).toMatchObject([{ promotion_code: promotionCode, checkout_session: null }]);
  expect(invoice).toMatchObject({ subtotal: 2900, total: 2320, status: 'paid' });
});

test('a code can be taken away again', async () => {
  await code();
  const session = await sessionOf({ allow_promotion_codes: true });
  await enterCodeAt(session.url, 'LAUNCH');
  await enterCodeAt(session.url, '');
  expect(await again(session.id)).toMatchObject({ amount_total: 2900, discounts: [] });
});

test.each<[string, Partial<Stripe.PromotionCodeCreateParams>, RegExp]>([
  ['nobody knows', { code: 'OTHER' }, /This code is invalid/],
  ['is off', { active: false }, /it is not active/],
  ['is past', { expires_at: START - 1 }, /it has expired/],
  [
    'wants more to be bought',
    { restrictions: { minimum_amount: 5000, minimum_amount_currency: 'usd' } },
    /it is for 50\.00 USD or more/,
  ],
])('a code that %s is refused in words', async (_, terms, words) => {
  await code(terms);
  const session = await sessionOf({ allow_promotion_codes: true });
  expect(await enterCodeAt(session.url, 'LAUNCH')).toMatch(words);
  expect(await again(session.id)).toMatchObject({ amount_total: 2900, discounts: [] });
});

test('a code that somebody else used up meanwhile is refused before the card is asked', async () => {
  const { id } = await code({ max_redemptions: 1 });
  const session = await sessionOf({ allow_promotion_codes: true });
  await enterCodeAt(session.url, 'LAUNCH');
  const price = (await stripe.prices.list()).data[0]?.id;
  const other = await stripe.customers.create({ payment_method: 'pm_card_visa' });
  const [method] = (await stripe.customers.listPaymentMethods(other.id)).data;
  await stripe.subscriptions.create({
    ...{ customer: other.id, items: [{ price }], discounts: [{ promotion_code: id }] },
    default_payment_method: String(method?.id),
  });
  expect(await payAt(session.url, '4242424242424242')).toContain('used as often as it may be');
  expect((await again(session.id)).status).toBe('open');
});

test('a session may bring its coupon, and then asks for no code', async () => {
  const { id } = await stripe.coupons.create({ percent_off: 100, duration: 'once' });
  const session = await sessionOf({ discounts: [{ coupon: id }] });
  expect(session).toMatchObject({ amount_total: 0, discounts: [{ coupon: id }] });
  await payAt(session.url, '4242424242424242');
  expect(await again(session.id)).toMatchObject({ payment_status: 'no_payment_required' });
  const terms = { allow_promotion_codes: true, discounts: [{ coupon: id }] };
  const both = stripe.checkout.sessions.create({
    ...{ mode: 'subscription', success_url: 'https://example.com/done', ...terms },
    line_items: [{ price: String((await stripe.prices.list()).data[0]?.id), quantity: 1 }],
  });
  expect((await refusal(both)).message).toContain('only specify one of these');
});

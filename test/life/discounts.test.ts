/** Goal: an invoice leaves when its discount is what the coupon says, and is held when not. */
import type Stripe from 'stripe';
import { costOf } from '../../src/core/invoices/period-figures';
import { statementOf } from '../../src/core/invoices/statement';
import type { Statement } from '../../src/core/invoices/statement';
import type { PeriodState } from '../../src/core/state/period-state';
import { splitCharge } from '../../src/core/vendors/payout-split';
import { paidLines } from '../../src/stripe/paid-lines';
import { createPriceBook } from '../../src/stripe/price-book';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const forever = { duration: 'forever' } as const;

async function withCoupon(terms: Stripe.CouponCreateParams): Promise<Life> {
  const life = await on.aLife();
  await give(life, terms);
  return life;
}

async function give(life: Life, terms: Stripe.CouponCreateParams): Promise<void> {
  const { id } = await on.stage.stripe.coupons.create({ id: 'LAUNCH', ...terms });
  await on.stage.stripe.subscriptions.update(life.subscriptionId, { discounts: [{ coupon: id }] });
  await life.catchUp();
}

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();
const latest = async (life: Life) => (await renewals(life)).at(-1) as Stripe.Invoice;
const exceptions = (life: Life) => life.state().exceptions.map(({ message }) => message);
const told = (life: Life, start: number) => life.books.statements.get(start) as Statement;

test.each<[string, Stripe.CouponCreateParams, number, number]>([
  ['a percentage', { percent_off: 20, ...forever }, 2915 - 583, 583],
  ['a percentage that does not come out even', { percent_off: 33.3, ...forever }, 1944, 971],
  ['an amount', { amount_off: 1000, currency: 'usd', ...forever }, 1915, 1000],
  ['an amount that is more than all', { amount_off: 5000, currency: 'usd', ...forever }, 0, 2915],
  ['everything', { percent_off: 100, ...forever }, 0, 2915],
])('%s off: base price and usage, explained, told and paid', async (_, terms, total, off) => {
  const life = await withCoupon(terms);
  const { start } = await life.period();
  await life.use(150_000);
  await life.renew();
  const invoice = await latest(life);
  expect(invoice).toMatchObject({ status: 'paid', subtotal: 2915, total });
  expect(exceptions(life)).toEqual([]);
  expect(told(life, start).invoice).toMatchObject({
    ...{ status: 'paid', totalCents: total },
    discounts: [{ coupon: 'LAUNCH', amountCents: off }],
  });
});

test.each<[string, Stripe.CouponCreateParams]>([
  ['a percentage', { percent_off: 33.3, ...forever }],
  ['an amount', { amount_off: 1000, currency: 'usd', ...forever }],
  ['once', { percent_off: 20, duration: 'once' }],
  [
    'a month that is over by then',
    { percent_off: 20, duration: 'repeating', duration_in_months: 1 },
  ],
  ['two months', { percent_off: 20, duration: 'repeating', duration_in_months: 2 }],
])(
  '%s: what is due so far is what Stripe previews, and what the invoice says',
  async (_, terms) => {
    const life = await withCoupon(terms);
    const { start } = await life.period();
    await life.use(150_000);
    const state = life.state();
    const soFar = statementOf(state, state.periods[0] as PeriodState);
    const due = costOf({ monthlyPriceCents: 2900, lateUsage: 'next_invoice' }, soFar);
    const preview = await on.stage.stripe.invoices.createPreview({
      subscription: life.subscriptionId,
    });
    expect(due.amountDueCents).toBe(preview.total);
    await life.renew();
    const ended = costOf({ monthlyPriceCents: 2900, lateUsage: 'next_invoice' }, told(life, start));
    expect([due.amountDueCents, ended.amountDueCents]).toEqual([
      ...[(await latest(life)).total, (await latest(life)).total],
    ]);
  },
);

test('a coupon that somebody else puts onto the draft leaves, as it is what it says', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 10 * 60);
  const { id } = await latest(life);
  await on.stage.stripe.coupons.create({ id: 'SORRY', percent_off: 50 });
  await on.stage.stripe.invoices.update(id, { discounts: [{ coupon: 'SORRY' }] });
  await life.to(end + 3 * HOUR);
  expect(await latest(life)).toMatchObject({ id, status: 'paid', total: 1457 });
  expect(exceptions(life)).toEqual([]);
});

test('two months of a coupon end in mid-subscription: each invoice is right', async () => {
  const life = await on.aLife();
  await life.to(life.now + DAY);
  await give(life, { percent_off: 50, duration: 'repeating', duration_in_months: 2 });
  for (let month = 1; month <= 3; month += 1) {
    await life.use(150_000);
    await life.renew();
  }
  expect((await renewals(life)).map(({ total }) => total)).toEqual([1457, 1457, 2915]);
  expect(exceptions(life)).toEqual([]);
});

/** Stripe takes another percentage than its coupon says: only a fault of Stripe's could. */
async function takeOtherwise(percent: number): Promise<void> {
  const exported = (await on.stage.order('snapshot', { download: true })) as {
    snapshot: { objects: { kind: string; value: { terms?: object } }[] };
  };
  for (const { kind, value } of exported.snapshot.objects)
    if (kind === 'discount') Object.assign(value.terms ?? {}, { percent_off: percent });
  await on.stage.order('restore', exported);
}

test('a discount that is not what its coupon says holds the draft until it is accepted', async () => {
  const life = await withCoupon({ percent_off: 20, ...forever });
  await takeOtherwise(30);
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 5 * HOUR);
  expect(await latest(life)).toMatchObject({ status: 'draft', auto_advance: false, total: 2040 });
  const [message] = exceptions(life);
  expect(message).toContain('cents off by coupon LAUNCH, 20% off: ledger 583');
  expect(message).toContain('invoice 875');
  await life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject: (await latest(life)).id, kind: 'accept_stripe' },
    ...{ reason: 'a present', by: 'grace' },
  });
  await life.catchUp();
  await life.to(life.now + DAY);
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 2040 });
  expect(exceptions(life)).toEqual([]);
});

/** Stripe puts a discount onto a draft that its subscription has no more: only a fault could. */
async function putOntoDraft(invoiceId: string, discount: string): Promise<void> {
  const exported = (await on.stage.order('snapshot', { download: true })) as {
    snapshot: { objects: { kind: string; value: { id?: string; discounts?: string[] } }[] };
  };
  for (const { kind, value } of exported.snapshot.objects)
    if (kind === 'invoice' && value.id === invoiceId) value.discounts = [discount];
  await on.stage.order('restore', exported);
  await on.stage.stripe.invoices.update(invoiceId, { discounts: [{ discount }] });
}

test.each<[string, Stripe.CouponCreateParams, number, boolean]>([
  ['was taken away', { percent_off: 20, ...forever }, 0, true],
  ['was for one invoice, and that was the last', { percent_off: 20, duration: 'once' }, 1, false],
  [
    'was for a month that is over',
    { percent_off: 20, duration: 'repeating', duration_in_months: 1 },
    ...([1, false] as const),
  ],
])('a discount that %s holds the draft that it is on', async (_, terms, renewed, isTakenAway) => {
  const life = await on.aLife();
  await life.to(life.now + DAY);
  await give(life, terms);
  const { discounts } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  for (let month = 0; month < renewed; month += 1) await life.renew();
  if (isTakenAway) await on.stage.stripe.subscriptions.deleteDiscount(life.subscriptionId);
  await life.catchUp();
  expect(exceptions(life)).toEqual([]);
  const { end } = await life.period();
  await life.to(end + 10 * 60);
  const { id } = await latest(life);
  await putOntoDraft(id, String(discounts[0]));
  await life.to(end + 5 * HOUR);
  expect(await latest(life)).toMatchObject({ id, status: 'draft', total: 2320 });
  const what = 'cents off by coupon LAUNCH, 20% off, which the subscription had no more: ledger 0';
  expect(exceptions(life)).toMatchObject([expect.stringContaining(what)]);
});

test('a discount that the subscription has, and its draft has not, holds the draft', async () => {
  const life = await withCoupon({ percent_off: 20, ...forever });
  const { end } = await life.period();
  await life.to(end + 10 * 60);
  const { id } = await latest(life);
  await on.stage.stripe.invoices.update(id, { discounts: '' });
  await life.to(end + 5 * HOUR);
  expect(await latest(life)).toMatchObject({ id, status: 'draft', total: 2900 });
  const what = 'cents off by coupon LAUNCH, 20% off, which the subscription has: ledger 580';
  expect(exceptions(life)).toMatchObject([expect.stringContaining(what)]);
});

test('a discount that is taken away in mid-period is not on the invoice', async () => {
  const life = await withCoupon({ percent_off: 50, ...forever });
  await life.use(150_000);
  await life.to(life.now + 5 * DAY);
  await on.stage.stripe.subscriptions.deleteDiscount(life.subscriptionId);
  await life.renew();
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 2915 });
  expect(exceptions(life)).toEqual([]);
});

test('a customer’s own discount, of older days, is explained as any other', async () => {
  const life = await on.aLife();
  await on.stage.stripe.coupons.create({ id: 'OLD', percent_off: 20, ...forever });
  const { stripeCustomerId: customer } = life;
  await on.stage.order('customer-discount', { customer, coupon: 'OLD' });
  await life.use(150_000);
  await life.renew();
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 2915 - 583 });
  expect(exceptions(life)).toEqual([]);
});

test('vendors are paid by what was paid: a coupon makes every line less alike', async () => {
  const life = await withCoupon({ percent_off: 50, ...forever });
  await life.use(1_000_000, { vendor: 'acme' });
  await life.renew();
  const { id, total } = await latest(life);
  const { stripe } = on.stage;
  const vendorOf = (line: Stripe.InvoiceLineItem) =>
    Promise.resolve(/acme/i.test(String(line.description)) ? 'acme' : null);
  const lines = await paidLines(stripe, { priceBook: createPriceBook(stripe), vendorOf }, id);
  const charge = {
    ...{ chargeId: 'ch_1', amountCents: total, currency: 'usd', paidAt: life.now },
    ...{ refundedCents: 0, disputedCents: 0 },
  };
  const policy = { vendor: 'acme', feePercent: '15', holdbackDays: 0, feeOnRefund: 'returned' };
  const split = splitCharge(charge as never, lines, [policy as never]);
  const gross = lines.filter(({ vendor }) => vendor === 'acme')[0]?.amountCents ?? 0;
  expect(gross).toBeGreaterThan(0);
  expect(split.shares).toMatchObject([{ vendor: 'acme', grossCents: gross }]);
  expect(split.unallocatedCents).toBe(0);
  const sum = split.shares.reduce((all, one) => all + one.feeCents + one.shareCents, 0);
  expect(sum + split.platformCents).toBe(total);
});

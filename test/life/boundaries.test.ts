/** Goal: the cases at the edges of a subscription's life, by name. */
import type Stripe from 'stripe';
import { DAY } from './calendar';
import { Life } from './life';
import { useStage } from './on-stage';

const at = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / 1000;
const day = (second: number) => new Date(second * 1000).toISOString().slice(0, 10);

const on = useStage();
beforeEach(() => on.stage.clear());

/** Tokens and cents of a renewal's standard line. */
async function overage(life: Life, end: number): Promise<[number | null, number]> {
  const lines = (await life.invoices()).flatMap(({ lines: { data } }) => data);
  const line = lines.find(
    (one) => one.period.end === end && one.description?.endsWith('Tokens over the allowance'),
  ) as Stripe.InvoiceLineItem;
  return [line.quantity, line.amount];
}

test('usage at the very second of a start is the new period’s, at the last second the old one’s', async () => {
  const life = await on.aLife();
  const { start, end } = await life.period();
  await life.use(100_000, { second: start });
  await life.to(end - 1);
  await life.use(1_000_000, { second: end - 1 });
  await life.to(end);
  await life.use(100_001, { second: end });
  await life.renew();
  expect(await overage(life, end)).toEqual([1_000_000, 300]);
  const second = life.state().archived.find((period) => period.start === end);
  expect(second?.rates.overage_standard?.tokens).toBe(1);
});

test.each([
  ['the 31st', at(2026, 1, 31), ['2026-02-28', '2026-03-31', '2026-04-30']],
  ['29 February', at(2028, 2, 29), ['2028-03-29', '2028-04-29', '2028-05-29']],
  ['the 30th over a leap February', at(2027, 12, 30), ['2028-01-30', '2028-02-29', '2028-03-30']],
])(
  'anchored on %s, periods follow Stripe’s and each is billed by itself',
  async (_name, start, ends) => {
    const life = await on.aLife({ start });
    for (const [index, expected] of ends.entries()) {
      const { end } = await life.period();
      expect(day(end)).toBe(expected);
      await life.use(100_000 + (index + 1) * 1_000_000);
      await life.renew();
      expect(await overage(life, end)).toEqual([(index + 1) * 1_000_000, (index + 1) * 300]);
    }
    expect(life.state().exceptions).toEqual([]);
  },
);

test('a trial’s end begins the first paid period, with a new allowance', async () => {
  const life = await on.aLife({ trialDays: 14 });
  expect(life.state().billingStatus).toBe('trialing');
  await life.use(150_000);
  const trial = await life.period();
  await life.renew();
  const state = life.state();
  expect(state.billingStatus).toBe('active');
  expect(state.periods).toMatchObject([{ start: trial.end, usedTokens: 0 }]);
  expect(state.archived).toMatchObject([{ start: trial.start, usedTokens: 150_000 }]);
});

test('a payment 20 days late, the next period half over, archives its own period only', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  await on.stage.order('settings', { subscription: 'past_due' });
  await life.changeCard('pm_card_chargeCustomerFail');
  const first = await life.period();
  await life.renew();
  await life.to(first.end + 13 * DAY);
  await life.use(120_000);
  // The schedule's end cancels; an operator keeps that from happening.
  await life.pauseDunning();
  await life.to(first.end + 20 * DAY);
  await life.payOpenInvoices();
  await life.catchUp();
  const state = life.state();
  expect(state.archived).toMatchObject([{ start: first.start, phase: 'paid' }]);
  expect(state.periods).toMatchObject([{ start: first.end, usedTokens: 120_000, phase: 'open' }]);
  expect(state.dunning).toEqual([]);
});

test('an invoice of zero is paid at once and resets its period', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  const { start, end } = await life.period();
  await life.renew();
  expect(life.state().archived).toMatchObject([
    { start, phase: 'paid', invoice: { totalCents: 0 } },
  ]);
  expect(life.state().periods).toMatchObject([{ start: end }]);
});

test('another subscription of the same customer changes nothing', async () => {
  const life = await on.aLife();
  const { data } = await on.stage.stripe.prices.list({ lookup_keys: ['tollkeeper_plan_pro'] });
  await on.stage.stripe.subscriptions.create({
    customer: life.stripeCustomerId,
    items: [{ price: data[0]?.id }],
  });
  await life.use(150_000);
  const { end } = await life.period();
  await life.renew();
  const state = life.state();
  expect(state.archived).toMatchObject([{ terms: { planId: 'starter' }, usedTokens: 150_000 }]);
  expect(state.periods).toMatchObject([{ start: end, terms: { planId: 'starter' } }]);
  expect(await overage(life, end)).toEqual([50_000, 15]);
});

test('news of an invoice that comes before we know of the subscription bills its period', async () => {
  const life = await Life.begin(on.stage, { plan: 'starter', start: at(2026, 1, 1) });
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  await life.hear();
  life.restart(undefined);
  await life.deliver(life.inbox.splice(0).filter(({ type }) => type === 'invoice.created'));
  await life.use(150_000, { second: end - DAY });
  await life.renew();
  expect(await overage(life, end)).toEqual([50_000, 15]);
});

test('usage of 0 tokens is recorded and costs nothing', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.use(0);
  await life.renew();
  expect(life.state()).toMatchObject({ appliedSequence: 1, exceptions: [] });
  expect((await life.invoices()).every(({ total }) => total === 0)).toBe(true);
});

test('10^12 tokens in one period are billed to the cent', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.use(10 ** 12 - 1);
  await life.use(1);
  const { end } = await life.period();
  await life.renew();
  const [invoice] = (await life.invoices()).filter(({ total }) => total > 0);
  expect([invoice?.total, invoice?.status]).toEqual([200_000_000, 'paid']);
  expect(invoice?.lines.data.some((line) => line.quantity === 10 ** 12)).toBe(true);
  expect(life.state().archived[0]?.end).toBe(end);
});

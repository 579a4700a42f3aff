/** Goal: whoever comes back after the end is billed again, and no usage is lost in between. */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { beginAnother, comeBack } from './returning';

const on = useStage();
beforeEach(() => on.stage.clear());

const latest = async (life: Life) => (await life.invoices())[0] as Stripe.Invoice;
const cancelNow = async (life: Life) => {
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
};

test('a new subscription at Stripe follows the one that has ended, beside its periods', async () => {
  const life = await on.aLife();
  const { subscriptionId: first } = life;
  await life.use(400_000);
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.to(START + 9 * DAY);
  const second = await comeBack(life);
  expect(life.state()).toMatchObject({
    ...{ billingStatus: 'active', subscriptionId: second, exceptions: [] },
    archived: [{ subscriptionId: first, start: START, end: START + 5 * DAY, phase: 'paid' }],
    periods: [{ start: START + 9 * DAY, phase: 'open', usedTokens: 0 }],
  });
  expect(life.state().periods[0]).not.toHaveProperty('subscriptionId');
});

test('the next periods are billed as those of any customer', async () => {
  const life = await on.aLife();
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await comeBack(life);
  await life.use(700_000);
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([
    ['1 × Starter', 2_900],
    ['600000 × Tokens over the allowance', 180],
  ]);
  expect(life.state().exceptions).toEqual([]);
});

test('usage in between is billed nowhere, and told with its value', async () => {
  const life = await on.aLife();
  const { subscriptionId: first } = life;
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.to(START + 6 * DAY);
  await life.use(150_000);
  await life.to(START + 9 * DAY);
  await comeBack(life);
  await life.use(20_000);
  const gap = { subscriptionId: first, tokens: 150_000, valueCents: '45' };
  expect(life.state()).toMatchObject({
    gaps: [{ ...gap, start: START + 5 * DAY, end: START + 9 * DAY }],
    periods: [{ usedTokens: 20_000 }],
    exceptions: [{ kind: 'usage_after_end', subject: first }],
    unbilledTokens: 150_000,
  });
  expect(life.state().exceptions[0]?.message).toContain('150000 tokens, worth 45 cents');
});

test('usage that was taken for unbilled before the return was known is billed', async () => {
  const life = await on.aLife();
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.to(START + 6 * DAY);
  await life.use(10_000);
  await life.to(START + 9 * DAY, 'never');
  await beginAnother(life);
  await life.use(600_000);
  expect(life.state().unbilledTokens).toBe(610_000);
  await life.catchUp();
  expect(life.state()).toMatchObject({
    ...{ billingStatus: 'active', unbilledTokens: 10_000 },
    gaps: [{ tokens: 10_000 }],
    periods: [{ usedTokens: 600_000, rates: { overage_standard: { tokens: 500_000 } } }],
  });
});

test('usage that comes late for the time in between is added to it', async () => {
  const life = await on.aLife();
  const { subscriptionId: first } = life;
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.to(START + 9 * DAY);
  await comeBack(life);
  expect(life.state().exceptions).toEqual([]);
  await life.use(100_000, { second: START + 7 * DAY });
  expect(life.state()).toMatchObject({
    gaps: [{ tokens: 100_000, valueCents: '30' }],
    exceptions: [{ kind: 'usage_after_end', subject: first }],
  });
});

test('what was given up of the time in between is told no more, and what is new is', async () => {
  const life = await on.aLife();
  const { subscriptionId: first } = life;
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.use(50_000);
  await life.to(START + 9 * DAY);
  await comeBack(life);
  const exception = { exception: 'usage_after_end', subject: first };
  const decision = { kind: 'write_off', reason: 'goodwill', by: 'ada' };
  await life.ask('resolveException', { ...exception, ...decision });
  await life.catchUp();
  expect(life.state().exceptions).toEqual([]);
  await life.use(3_000, { second: START + 7 * DAY });
  expect(life.state().exceptions[0]?.message).toContain('3000 tokens, worth 0.9 cents');
});

test('a grant outlives the end, for usage after the return', async () => {
  const life = await on.aLife();
  await life.ask('grantTokens', { id: 'g', tokens: 1_000_000, expiresAt: null, reason: 'sorry' });
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.to(START + 9 * DAY);
  await comeBack(life);
  await life.use(700_000);
  expect(life.state()).toMatchObject({
    grants: [{ id: 'g', usedTokens: 600_000 }],
    periods: [{ usedTokens: 700_000 }],
  });
});

test('the last invoice of the earlier subscription is followed to its end after the return', async () => {
  const life = await on.aLife();
  await life.use(400_000);
  await life.to(START + 5 * DAY);
  await life.changeCard('pm_card_chargeCustomerFail');
  await cancelNow(life);
  const [last] = await life.invoices();
  expect(last?.status).toBe('open');
  await life.changeCard('pm_card_visa');
  await comeBack(life);
  expect(life.state()).toMatchObject({ billingStatus: 'active', periods: [{}, {}] });
  await life.payOpenInvoices();
  await life.catchUp();
  expect(life.state()).toMatchObject({ periods: [{ start: life.now }], exceptions: [] });
});

test('back in the second in which it ended, nothing is lost', async () => {
  const life = await on.aLife();
  await life.use(400_000);
  await cancelNow(life);
  await comeBack(life);
  await life.use(5);
  expect(life.state()).toMatchObject({
    ...{ billingStatus: 'active', exceptions: [], unbilledTokens: 0 },
    periods: [{ start: START, usedTokens: 400_005 }],
  });
});

test('canceled and back twice, each subscription has its own periods and invoices', async () => {
  const life = await on.aLife();
  for (const days of [5, 10]) {
    await life.use(400_000);
    await life.to(START + days * DAY);
    await cancelNow(life);
    await life.to(START + days * DAY + HOUR);
    await comeBack(life);
  }
  const { archived, periods, exceptions } = life.state();
  const subscriptions = [...archived, ...periods].map((period) => period.subscriptionId);
  expect(new Set(subscriptions).size).toBe(3);
  expect(exceptions).toEqual([]);
});

test('one that began before the other had ended is told, and not followed', async () => {
  const life = await on.aLife();
  await life.to(START + 2 * DAY);
  const second = await beginAnother(life);
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  expect(life.state()).toMatchObject({
    billingStatus: 'ended',
    exceptions: [{ kind: 'subscription_duplicate', subject: second }],
  });
});

test('usage that comes late for the earlier subscription is a line of the new one’s draft', async () => {
  const life = await on.aLife();
  await life.use(400_000);
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await comeBack(life);
  await life.use(100_000, { second: START + 2 * DAY });
  await life.renew();
  expect(linesOf(await latest(life)).map(([, cents]) => cents)).toEqual([2_900, 30]);
  expect(life.state().exceptions).toEqual([]);
});

test('a workflow whose data are lost after the return goes on with both subscriptions', async () => {
  const life = await on.aLife();
  await life.use(400_000);
  await life.to(START + 5 * DAY);
  await cancelNow(life);
  await life.use(10_000);
  await life.to(START + 9 * DAY);
  await comeBack(life);
  await life.use(700_000);
  await life.lose();
  await life.catchUp();
  expect(life.state()).toMatchObject({
    ...{ billingStatus: 'active', gaps: [{ tokens: 10_000 }] },
    periods: [{ usedTokens: 700_000 }],
  });
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([
    ['1 × Starter', 2_900],
    ['600000 × Tokens over the allowance', 180],
  ]);
});

/** Goal: a subscription is changed through our API or in Stripe's dashboard, and billed right. */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, START } from './calendar';
import type { Life } from './life';
import { swapPlanAtStripe } from './scripted-lives';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

async function meterOf(life: Life, rate: string): Promise<number> {
  const { data } = await on.stage.stripe.billing.meters.list({ limit: 100 });
  const meter = data.find(({ event_name: name }) => name === `tollkeeper_${rate}`);
  const sums = await on.stage.stripe.billing.meters.listEventSummaries(String(meter?.id), {
    customer: life.stripeCustomerId,
    start_time: START,
    end_time: START + 120 * DAY,
  });
  return sums.data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
}

const latest = async (life: Life) => (await life.invoices())[0] as Stripe.Invoice;

test('an upgrade gives the new allowance for the whole period and takes reported overage back', async () => {
  const life = await on.aLife();
  await life.use(180_000);
  expect(await meterOf(life, 'overage_standard')).toBe(80_000);
  await life.to(START + 10 * DAY);
  await life.changePlan('pro');
  await life.catchUp();
  expect(await meterOf(life, 'overage_standard')).toBe(0);
  expect(life.state().periods).toMatchObject([
    { terms: { planId: 'pro' }, usedTokens: 180_000, start: START },
  ]);
  const [proration] = await life.invoices();
  expect(proration).toMatchObject({ billing_reason: 'subscription_update', status: 'paid' });
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([['1 × Pro', 9900]]);
});

test('an upgrade from pay per token takes its tokens back, and bills by the new rates from then on', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.use(150_000);
  expect(await meterOf(life, 'payg_standard')).toBe(150_000);
  await life.to(START + 10 * DAY);
  await life.changePlan('starter');
  await life.catchUp();
  expect(await meterOf(life, 'payg_standard')).toBe(0);
  expect(await meterOf(life, 'overage_standard')).toBe(50_000);
  await life.renew();
  await life.renew();
  const renewals = (await life.invoices()).filter(
    (one) => one.billing_reason === 'subscription_cycle',
  );
  expect(renewals.reverse().map(linesOf)).toEqual([
    [
      ['1 × Starter', 2900],
      ['50000 × Tokens over the allowance', 15],
    ],
    [['1 × Starter', 2900]],
  ]);
  const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  // Base price and two rates of Starter: those of pay per token are gone, and vendors are unused.
  expect(items.data).toHaveLength(3);
});

test('a downgrade waits for the period’s end: until then nothing changes, then the lower price', async () => {
  const life = await on.aLife({ plan: 'pro' });
  await life.changePlan('starter', 'period_end');
  await life.catchUp();
  const { end } = await life.period();
  expect(life.state().standing.nextPlan).toMatchObject({ planId: 'starter', from: end });
  await life.use(500_000);
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([['1 × Starter', 2900]]);
  expect(life.state()).toMatchObject({
    standing: { nextPlan: null },
    periods: [{ terms: { planId: 'starter', includedTokens: 100_000 } }],
  });
});

test('a downgrade to pay per token bills by its rates from the next period on', async () => {
  const life = await on.aLife();
  await life.changePlan('pay_as_you_go', 'period_end');
  await life.catchUp();
  await life.renew();
  await life.use(1_000_000);
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([['1000000 × Tokens', 200]]);
});

// Stripe keeps no subscription without an item, and Enterprise has none but its base price.
test('a downgrade from a plan without rates to pay per token waits for the period’s end, too', async () => {
  const life = await on.aLife({ plan: 'enterprise' });
  await life.use(70_000);
  await life.changePlan('pay_as_you_go', 'period_end');
  await life.catchUp();
  const { end } = await life.period();
  expect(life.state().standing.nextPlan).toMatchObject({ planId: 'pay_as_you_go', from: end });
  await life.use(30_000);
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([]);
  await life.use(1_000_000);
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([['1000000 × Tokens', 200]]);
  expect(life.state().exceptions).toEqual([]);
});

test('such a downgrade is taken back, or another plan taken at once', async () => {
  const items = async (life: Life) => {
    const { items: list } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
    return list.data.length;
  };
  const back = await on.aLife({ plan: 'enterprise' });
  await back.changePlan('pay_as_you_go', 'period_end');
  await back.catchUp();
  await back.changePlan('enterprise', 'period_end');
  await back.catchUp();
  expect(await items(back)).toBe(1);
  await back.renew();
  expect(linesOf(await latest(back))).toEqual([['1 × Enterprise', 200_000]]);
  const other = await on.aLife({ plan: 'enterprise' });
  await other.changePlan('pay_as_you_go', 'period_end');
  await other.catchUp();
  await other.changePlan('pro', 'now');
  await other.catchUp();
  expect(await items(other)).toBe(3);
  await other.renew();
  expect(linesOf(await latest(other))[0]).toEqual(['1 × Pro', 9900]);
  expect([back, other].map((life) => life.state().exceptions)).toEqual([[], []]);
});

test('a downgrade that is taken back leaves the plan and its price', async () => {
  const life = await on.aLife({ plan: 'pro' });
  await life.changePlan('starter', 'period_end');
  await life.catchUp();
  await life.changePlan('pro', 'period_end');
  await life.catchUp();
  expect(life.state().standing.nextPlan).toBeNull();
  await life.renew();
  expect(linesOf(await latest(life))).toEqual([['1 × Pro', 9900]]);
});

test('a plan changed in Stripe’s dashboard is taken over like one changed here', async () => {
  const life = await on.aLife();
  await life.use(180_000);
  await swapPlanAtStripe(life, 'pro');
  await life.catchUp();
  expect(life.state().periods).toMatchObject([{ terms: { planId: 'pro' }, usedTokens: 180_000 }]);
  expect(await meterOf(life, 'overage_standard')).toBe(0);
});

test('heard of when the period’s draft is there, it holds for the period in which it was made', async () => {
  const life = await on.aLife();
  await life.use(180_000);
  await swapPlanAtStripe(life, 'pro');
  await life.renew('at the draft');
  await life.catchUp();
  expect(life.state().archived).toMatchObject([{ terms: { planId: 'pro' }, usedTokens: 180_000 }]);
  expect(linesOf(await latest(life))).toEqual([['1 × Pro', 9900]]);
});

test('heard of when the period is billed, what was billed too much is credited on the next', async () => {
  const life = await on.aLife();
  await life.use(180_000);
  await swapPlanAtStripe(life, 'pro');
  await life.renew('never');
  await life.catchUp();
  const [invoice] = await life.invoices();
  expect(linesOf(invoice as Stripe.Invoice)).toContainEqual([
    '80000 × Tokens over the allowance',
    24,
  ]);
  const [exception] = life.state().exceptions;
  expect(exception?.message).toContain('ledger 0, workflow 0, meter 0, invoice 80000');
  await life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject: invoice?.id, kind: 'correct' },
    ...{ reason: 'the upgrade was not heard of', by: 'grace' },
  });
  await life.renew();
  expect(linesOf(await latest(life)).map(([, cents]) => cents)).toEqual([9900, -24]);
  expect(life.state().exceptions).toEqual([]);
});

test('a plan tried and left again within the period leaves it the plan it ended with', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.changePlan('starter');
  await life.changePlan('pay_as_you_go');
  await life.use(1_000_000);
  await life.renew('never');
  await life.catchUp();
  expect(life.state()).toMatchObject({
    exceptions: [],
    archived: [{ terms: { planId: 'pay_as_you_go' }, usedTokens: 1_000_000 }],
  });
});

test('who asked for it is upgraded where others are throttled', async () => {
  const life = await on.aLife({ autoUpgrade: true });
  await life.use(299_999);
  expect(life.state().periods).toMatchObject([{ terms: { planId: 'starter' } }]);
  await life.use(1);
  await life.catchUp();
  expect(life.state().periods).toMatchObject([{ terms: { planId: 'pro' }, usedTokens: 300_000 }]);
  expect(await meterOf(life, 'overage_standard')).toBe(0);
});

test('a grant covers overage of its whole period, lasts into the next, and ends at its expiry', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.use(150_000);
  expect(await meterOf(life, 'overage_standard')).toBe(50_000);
  await life.grant('sorry', 80_000, end + 5 * DAY);
  expect(await meterOf(life, 'overage_standard')).toBe(0);
  await life.renew();
  await life.use(120_000);
  expect(life.state().periods[0]?.rates).toEqual({});
  await life.to(end + 5 * DAY);
  await life.use(20_000);
  expect(life.state().periods[0]?.rates.overage_standard?.tokens).toBe(20_000);
  expect(life.state().grants).toMatchObject([{ id: 'sorry', usedTokens: 70_000 }]);
});

test('a change that breaks a rule is refused with its reason', async () => {
  const life = await on.aLife();
  await expect(life.changePlan('starter')).rejects.toThrow(/is on starter already/);
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await expect(life.changePlan('pro')).rejects.toThrow(/is ended: it can't be changed/);
});

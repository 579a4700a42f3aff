/** Goal: a trial costs nothing, whatever is used in it and however it ends. */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const paidCents = async (life: Life): Promise<number> =>
  (await life.invoices()).reduce((sum, { amount_paid: cents }) => sum + cents, 0);

test('181,384 tokens of a trial are on no invoice, and the first paid month is its base price', async () => {
  const life = await on.aLife({ trialDays: 14 });
  await life.use(181_384);
  await life.renew();
  const [first] = await life.invoices();
  expect(linesOf(first as Stripe.Invoice)).toEqual([['1 × Starter', 2900]]);
  expect(life.state()).toMatchObject({
    ...{ billingStatus: 'active', exceptions: [] },
    archived: [{ phase: 'paid', usedTokens: 181_384, terms: { isTrial: true } }],
  });
  await life.use(150_000);
  await life.renew();
  expect(await paidCents(life)).toBe(2900 + 2900 + 15);
});

test('canceled on day 5 of a trial, 5,000,000 tokens of pay per token cost nothing', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go', trialDays: 14 });
  await life.to(START + 4 * DAY);
  await life.use(5_000_000);
  await life.to(START + 5 * DAY);
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await life.to(START + 6 * DAY);
  expect(await paidCents(life)).toBe(0);
  expect(life.state()).toMatchObject({ billingStatus: 'ended', exceptions: [] });
});

test('ended early, usage of the trial is not billed either', async () => {
  const life = await on.aLife({ trialDays: 30 });
  await life.to(START + 15 * DAY);
  await life.use(180_000, { second: life.now - 1 });
  await life.change({ action: 'end_trial' });
  await life.catchUp();
  await life.renew();
  expect(await paidCents(life)).toBe(2 * 2900);
  expect(life.state().exceptions).toEqual([]);
});

test('while a trial that ended unpaid is paused, Stripe is asked once an hour and no more', async () => {
  const life = await on.aLife({ trialDays: 10, endsInPause: true });
  await life.use(180_000);
  await life.to(START + 11 * DAY);
  await life.use(7);
  let asked = 0;
  const count = ({ method, path }: Stripe.RequestEvent) => {
    if (method === 'GET' && path === `/v1/subscriptions/${life.subscriptionId}`) asked += 1;
  };
  on.stage.stripe.on('request', count);
  await life.to(START + 12 * DAY);
  on.stage.stripe.off('request', count);
  // The clock is read now and then, too, by the test itself.
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(60);
  await life.changeCard('pm_card_visa');
  await life.change({ action: 'resume' });
  await life.catchUp();
  await life.to(START + 12 * DAY + HOUR);
  expect(await paidCents(life)).toBe(2900);
});

test.each([10, -7])(
  'a trial whose end a person moves by %i days costs nothing until then',
  async (days) => {
    const life = await on.aLife({ trialDays: 14 });
    await life.use(500_000);
    await life.to(START + 3 * DAY);
    const end = START + (14 + days) * DAY;
    await on.stage.stripe.subscriptions.update(life.subscriptionId, {
      ...{ trial_end: end, proration_behavior: 'none' },
    });
    await life.catchUp();
    expect(life.state().periods).toMatchObject([{ start: START, end, terms: { isTrial: true } }]);
    await life.to(end - HOUR);
    await life.use(250_000);
    expect(await paidCents(life)).toBe(0);
    await life.to(end + 2 * HOUR);
    await life.use(150_000);
    await life.renew();
    expect(await paidCents(life)).toBe(2900 + 2900 + 15);
    expect(life.state().exceptions).toEqual([]);
  },
);

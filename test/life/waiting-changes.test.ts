/** Goal: who is on their way to another plan pays for what they have, and has what they pay for. */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, START } from './calendar';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

test('an upgrade that waits and is then wanted now is paid for the rest of the period', async () => {
  const life = await on.aLife();
  await life.to(START + 11 * DAY);
  await life.changePlan('pro', 'period_end');
  await life.catchUp();
  await life.changePlan('pro', 'now');
  await life.catchUp();
  const [upgrade] = await life.invoices();
  // 20 of 31 days.
  expect(linesOf(upgrade as Stripe.Invoice).map(([, cents]) => cents)).toEqual([-1871, 6387]);
  expect(life.state()).toMatchObject({
    standing: { nextPlan: null },
    periods: [{ terms: { planId: 'pro' } }],
  });
  await life.renew();
  expect(linesOf((await life.invoices())[0] as Stripe.Invoice)).toEqual([['1 × Pro', 9900]]);
  expect(life.state().exceptions).toEqual([]);
});

test('an upgrade that waits is no credit for another change, which it was never paid for', async () => {
  const life = await on.aLife();
  await life.to(START + 11 * DAY);
  await life.changePlan('pro', 'period_end');
  await life.catchUp();
  await life.changePlan('pay_as_you_go', 'now');
  await life.catchUp();
  const [change] = await life.invoices();
  expect(linesOf(change as Stripe.Invoice).map(([, cents]) => cents)).toEqual([-1871]);
});

test('declined, the upgrade that was wanted now waits for the period’s end as before', async () => {
  const life = await on.aLife();
  await life.changePlan('pro', 'period_end');
  await life.catchUp();
  await life.changeCard('pm_card_chargeCustomerFail');
  await expect(life.changePlan('pro', 'now')).rejects.toThrow();
  await life.changeCard('pm_card_visa');
  await life.catchUp();
  const { end } = await life.period();
  expect(life.state()).toMatchObject({
    standing: { nextPlan: { planId: 'pro', from: end } },
    periods: [{ terms: { planId: 'starter' } }],
  });
  await life.renew();
  expect(linesOf((await life.invoices())[0] as Stripe.Invoice)).toEqual([['1 × Pro', 9900]]);
  expect(life.state().exceptions).toEqual([]);
});

test.each([14, 60])(
  'a trial of %i days that ends early brings the plan that waited for its end',
  async (trialDays) => {
    const life = await on.aLife({ trialDays });
    await life.changePlan('pro', 'period_end');
    await life.catchUp();
    await life.to(START + 5 * DAY);
    await life.change({ action: 'end_trial' });
    await life.catchUp();
    expect(linesOf((await life.invoices())[0] as Stripe.Invoice)).toEqual([['1 × Pro', 9900]]);
    expect(life.state().periods).toMatchObject([
      { terms: { planId: 'pro' }, start: START + 5 * DAY },
    ]);
    expect(life.state().standing.nextPlan).toBeNull();
    await life.renew();
    expect(life.state().exceptions).toEqual([]);
  },
);

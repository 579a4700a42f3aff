/**
 * Goal: where Stripe's word is thin, it may do the opposite of what we count on: the invoices are
 * right all the same, or held and named.
 */
import { linesOf } from './at-stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import type { LifeOptions } from './life-options';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

async function aLifeWhere(settings: object, options: Partial<LifeOptions> = {}): Promise<Life> {
  await on.stage.order('settings', settings);
  return on.aLife(options);
}

const invoiced = async (life: Life) =>
  (await life.invoices())
    .reverse()
    .map((invoice) => [invoice.status, ...linesOf(invoice).map(([, cents]) => cents)]);

const named = (life: Life) => life.state().exceptions.map(({ kind, subject }) => [kind, subject]);

/** Somebody else's, at our meter. */
const strangersUsage = (life: Life) =>
  on.stage.stripe.billing.meterEvents.create({
    ...{ event_name: 'tollkeeper_overage_standard', timestamp: life.now },
    payload: { stripe_customer_id: life.stripeCustomerId, value: '1000000' },
  });

describe('if Stripe bills the usage of a trial', () => {
  const billed = { trialUsage: 'billed' };

  test.each(['starter', 'pay_as_you_go'])('a trial of %s costs nothing', async (plan) => {
    const life = await aLifeWhere(billed, { plan, trialDays: 14 });
    await life.use(500_000);
    await life.renew();
    expect((await invoiced(life)).at(-1)).toEqual(['paid', ...(plan === 'starter' ? [2900] : [])]);
    expect(named(life)).toEqual([]);
  });

  test('a trial that ends early costs nothing either', async () => {
    const life = await aLifeWhere(billed, { trialDays: 14 });
    await life.use(500_000);
    await life.to(START + 5 * DAY);
    await life.change({ action: 'end_trial' });
    await life.catchUp();
    await life.to(life.now + HOUR);
    expect(await invoiced(life)).toEqual([['paid'], ['paid', 2900]]);
    expect(named(life)).toEqual([]);
  });

  test('what somebody else reported in it holds the invoice of its end', async () => {
    const life = await aLifeWhere(billed, { trialDays: 14 });
    await strangersUsage(life);
    await life.renew();
    await life.to(life.now + DAY);
    const [draft] = await life.invoices();
    expect(draft).toMatchObject({ status: 'draft', total: 2900 + 300 });
    expect(named(life)).toEqual([['invoice_differs', draft?.id]]);
  });

  test('and is told where the trial ended early, and its invoice left at once', async () => {
    const life = await aLifeWhere(billed, { trialDays: 14 });
    await strangersUsage(life);
    await life.to(START + 5 * DAY);
    await life.change({ action: 'end_trial' });
    await life.catchUp();
    await life.to(life.now + HOUR);
    const [left] = await life.invoices();
    expect(left).toMatchObject({ status: 'paid', total: 2900 + 300 });
    expect(named(life)).toEqual([['invoice_differs', left?.id]]);
  });
});

describe('if Stripe leaves usage so far to the renewal when a plan changes', () => {
  const left = { pendingUpdateUsage: 'left' };
  const rest = (cents: number) => Math.round((cents * 26) / 31);

  test.each([
    ['starter', [[2900], [-rest(2900), rest(9900)], [9900, 60]]],
    ['pay_as_you_go', [[rest(9900)], [9900, 60]]],
  ])('an upgrade from %s bills each token once', async (plan, cents) => {
    const life = await aLifeWhere(left, { plan });
    await life.use(450_000);
    await life.to(START + 5 * DAY);
    await life.changePlan('pro');
    await life.catchUp();
    await life.use(250_000);
    await life.renew();
    expect(await invoiced(life)).toEqual(cents.map((lines) => ['paid', ...lines]));
    expect(named(life)).toEqual([]);
  });

  test('so does one that is declined', async () => {
    const life = await aLifeWhere(left);
    await life.use(450_000);
    await life.to(START + 5 * DAY);
    await life.changeCard('pm_card_chargeCustomerFail');
    await expect(life.changePlan('pro')).rejects.toThrow();
    await life.changeCard('pm_card_visa');
    await life.catchUp();
    await life.renew();
    expect(await invoiced(life)).toEqual([
      ['paid', 2900],
      ['paid', 2900, 105],
    ]);
    expect(named(life)).toEqual([]);
  });
});

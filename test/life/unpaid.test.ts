/** Goal: nothing is in force that was not paid, and nothing is credited that nobody paid. */
import type Stripe from 'stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { swapPlanAtStripe } from './scripted-lives';

const on = useStage();
beforeEach(() => on.stage.clear());

const DECLINES = 'pm_card_chargeCustomerFail';

async function codeOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    let cause: unknown = error;
    while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
    return (cause as { type?: string }).type;
  }
}

const invoicesOf = async (life: Life): Promise<(string | number | null)[][]> =>
  (await life.invoices())
    .reverse()
    .map(({ billing_reason: reason, status, total }) => [reason, status, total]);

const balanceOf = async (life: Life): Promise<number> =>
  ((await on.stage.stripe.customers.retrieve(life.stripeCustomerId)) as Stripe.Customer).balance;

const kinds = (life: Life) => life.state().exceptions.map(({ kind }) => kind);

test.each([
  [DECLINES, 'card_declined'],
  ['pm_card_authenticationRequired', 'payment_requires_action'],
])('an upgrade by %s changes nothing, and says %s', async (card, code) => {
  const life = await on.aLife();
  await life.use(450_000);
  await life.changeCard(card);
  expect(await codeOf(life.changePlan('pro'))).toBe(code);
  await life.catchUp();
  expect(life.state()).toMatchObject({
    ...{ billingStatus: 'active', exceptions: [] },
    periods: [
      {
        terms: { planId: 'starter' },
        rates: { overage_standard: { tokens: 350_000, reportedTokens: 350_000 } },
      },
    ],
  });
  expect(await invoicesOf(life)).toEqual([['subscription_create', 'paid', 2900]]);
  await life.changeCard('pm_card_visa');
  await life.changePlan('pro');
  await life.catchUp();
  expect(life.state().periods).toMatchObject([{ terms: { planId: 'pro' } }]);
});

test('an automatic upgrade that is declined leaves the overage, and is asked for once', async () => {
  const life = await on.aLife({ autoUpgrade: true });
  await life.changeCard(DECLINES);
  await life.use(480_000);
  await life.to(START + DAY);
  expect(life.state()).toMatchObject({
    exceptions: [{ kind: 'upgrade_unpaid' }],
    periods: [{ terms: { planId: 'starter' }, rates: { overage_standard: { tokens: 380_000 } } }],
  });
  const [exception] = life.state().exceptions;
  await life.changeCard('pm_card_visa');
  await life.to(START + 2 * DAY);
  expect(life.state().periods).toMatchObject([{ terms: { planId: 'starter' } }]);
  await life.ask('resolveException', {
    ...{ exception: 'upgrade_unpaid', subject: exception?.subject, kind: 'retry' },
    ...{ reason: 'they have another card', by: 'grace' },
  });
  await life.catchUp();
  expect(life.state()).toMatchObject({ exceptions: [], periods: [{ terms: { planId: 'pro' } }] });
});

test('with the period its unpaid upgrade is over', async () => {
  const life = await on.aLife({ autoUpgrade: true });
  await life.changeCard(DECLINES);
  await life.use(480_000);
  expect(kinds(life)).toEqual(['upgrade_unpaid']);
  await life.changeCard('pm_card_visa');
  await life.renew();
  expect(kinds(life)).toEqual([]);
});

test('an upgrade at the dashboard that nobody paid, voided and taken back, leaves a balance of 0', async () => {
  const life = await on.aLife();
  await life.to(START + 5 * DAY);
  await life.changeCard(DECLINES);
  await swapPlanAtStripe(life, 'pro');
  await life.catchUp();
  expect(await codeOf(life.changePlan('starter'))).toBe('plan_change_not_possible');
  const [upgrade] = await life.invoices();
  await on.stage.stripe.invoices.voidInvoice(String(upgrade?.id));
  await life.changePlan('starter');
  await life.catchUp();
  expect(await balanceOf(life)).toBe(0);
  const paid = (await life.invoices()).reduce((sum, { amount_paid: cents }) => sum + cents, 0);
  expect(paid).toBe(2900);
  expect(life.state().periods).toMatchObject([{ terms: { planId: 'starter' } }]);
});

test('the end of a trial that is not paid leaves the trial', async () => {
  const life = await on.aLife({ trialDays: 30 });
  await life.changeCard(DECLINES);
  await life.to(START + 3 * DAY);
  expect(await codeOf(life.change({ action: 'end_trial' }))).toBe('card_declined');
  await life.catchUp();
  expect(life.state().billingStatus).toBe('trialing');
});

test('a paused subscription goes on when its invoice is paid, and no sooner', async () => {
  const life = await on.aLife({ trialDays: 10, endsInPause: true });
  await life.to(START + 11 * DAY);
  await life.changeCard(DECLINES);
  expect(await codeOf(life.change({ action: 'resume' }))).toBe('payment_requires_action');
  await life.catchUp();
  expect(life.state().billingStatus).toBe('paused');
  await life.payOpenInvoices();
  await life.to(START + 11 * DAY + HOUR);
  expect(life.state().billingStatus).toBe('active');
});

test('a change of plan while a cancellation waits is refused, or takes it back', async () => {
  const life = await on.aLife();
  await life.change({ action: 'cancel', when: 'period_end' });
  await life.catchUp();
  expect(await codeOf(life.changePlan('pro'))).toBe('cancellation_pending');
  expect(await codeOf(life.changePlan('pay_as_you_go', 'period_end'))).toBe('cancellation_pending');
  await life.ask('changePlan', { planId: 'pro', when: 'now', resume: true });
  await life.catchUp();
  expect(life.state()).toMatchObject({
    standing: { cancelAt: null },
    periods: [{ terms: { planId: 'pro' } }],
  });
});

test('a second subscription with our prices is an exception, as long as there is one', async () => {
  const life = await on.aLife();
  const { stripe } = on.stage;
  const { items } = await stripe.subscriptions.retrieve(life.subscriptionId);
  const second = await stripe.subscriptions.create({
    customer: life.stripeCustomerId,
    items: items.data.map(({ price }) => ({ price: price.id })),
  });
  await life.catchUp();
  expect(life.state().exceptions).toMatchObject([
    { kind: 'subscription_duplicate', subject: second.id },
  ]);
  await stripe.subscriptions.cancel(second.id);
  await life.catchUp();
  expect(kinds(life)).toEqual([]);
});

test('a price of ours behind eleven others in a second subscription is found as well', async () => {
  const life = await on.aLife();
  const { stripe } = on.stage;
  const others: { price: string }[] = [];
  for (let number = 1; number <= 11; number += 1) {
    const { id } = await stripe.prices.create({
      ...{ currency: 'usd', unit_amount: number, recurring: { interval: 'month' } },
      product_data: { name: `Something else ${number}` },
    });
    others.push({ price: id });
  }
  const { items } = await stripe.subscriptions.retrieve(life.subscriptionId);
  const second = await stripe.subscriptions.create({
    customer: life.stripeCustomerId,
    items: [...others, { price: String(items.data[0]?.price.id) }],
  });
  // Stripe shows ten.
  expect(second.items).toMatchObject({ has_more: true });
  await life.catchUp();
  expect(kinds(life)).toEqual(['subscription_duplicate']);
});

test('a second subscription with other prices is nobody’s business', async () => {
  const life = await on.aLife();
  const price = await on.stage.stripe.prices.create({
    ...{ currency: 'usd', unit_amount: 500, recurring: { interval: 'month' } },
    product_data: { name: 'Something else' },
  });
  await on.stage.stripe.subscriptions.create({
    customer: life.stripeCustomerId,
    items: [{ price: price.id }],
  });
  await life.catchUp();
  expect(kinds(life)).toEqual([]);
});

test('usage after the end is one exception that says how much, until it is written off', async () => {
  const life = await on.aLife();
  await life.to(START + DAY);
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await life.to(START + 2 * DAY);
  await life.use(400_000);
  await life.use(250_000);
  expect(life.state().exceptions).toMatchObject([
    { kind: 'usage_after_end', subject: life.subscriptionId },
  ]);
  expect(life.state().exceptions[0]?.message).toContain('650000 tokens');
  await life.ask('resolveException', {
    ...{ exception: 'usage_after_end', subject: life.subscriptionId, kind: 'write_off' },
    ...{ reason: 'a forgotten job', by: 'grace' },
  });
  expect(kinds(life)).toEqual([]);
});

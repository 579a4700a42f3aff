/**
 * Goal: a base price or a quantity edited at Stripe is told and holds the draft; accepted, it is
 * billed from the current period on, to the cent, and told everywhere.
 */
import type Stripe from 'stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

type Edit = (life: Life, base: Stripe.SubscriptionItem) => Promise<unknown>;

const three: Edit = (_life, { id }) =>
  on.stage.stripe.subscriptionItems.update(id, { quantity: 3, proration_behavior: 'none' });

const nineteen: Edit = async (_life, { id, price }) => {
  const { id: cheaper } = await on.stage.stripe.prices.create({
    ...{ currency: 'usd', product: String(price.product), unit_amount: 1900 },
    recurring: { interval: 'month' },
  });
  await on.stage.stripe.subscriptionItems.update(id, {
    ...{ price: cheaper, proration_behavior: 'none' },
  });
};

test.each<[string, Edit, number]>([
  ['three base prices', three, 3 * 2900 + 15],
  ['a base price of $19', nineteen, 1900 + 15],
])('%s by hand: told, the draft is held; accepted, it is billed', async (_what, edit, cents) => {
  const life = await on.aLife();
  const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  const base = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  await edit(life, base as Stripe.SubscriptionItem);
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 5 * HOUR);
  expect((await renewals(life))[0]).toMatchObject({ status: 'draft', total: cents });
  const told = life.state().exceptions.filter(({ kind }) => kind === 'price_differs');
  expect(told).toHaveLength(1);
  await life.ask('resolveException', {
    ...{ exception: 'price_differs', subject: told[0]?.subject, kind: 'accept_stripe' },
    ...{ reason: 'agreed by mail', by: 'grace' },
  });
  await life.catchUp();
  await life.to(life.now + DAY);
  expect(life.state().exceptions).toEqual([]);
  expect((await renewals(life))[0]).toMatchObject({ status: 'paid', total: cents });
  expect(life.state().periods.at(-1)?.terms.monthlyPriceCents).toBe(cents - 15);
});

const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: { type?: string }) => error.type,
  );

test('while a price differs nothing is done that is invoiced at once, until it is put right', async () => {
  const life = await on.aLife({ trialDays: 14 });
  const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  const base = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  await three(life, base as Stripe.SubscriptionItem);
  await life.catchUp();
  await life.to(life.now + DAY);
  expect(await codeOf(life.change({ action: 'end_trial' }))).toBe('price_not_settled');
  expect(await codeOf(life.changePlan('pro', 'now'))).toBe('price_not_settled');
  await on.stage.stripe.subscriptionItems.update(String(base?.id), {
    ...{ quantity: 1, proration_behavior: 'none' },
  });
  await life.catchUp();
  await life.change({ action: 'end_trial' });
  await life.catchUp();
  expect((await life.invoices())[0]).toMatchObject({ status: 'paid', total: 2900 });
  expect(life.state()).toMatchObject({ billingStatus: 'active', exceptions: [] });
});

test('a price edited this very moment, of which no news came, is charged by no change at once', async () => {
  const life = await on.aLife({ trialDays: 14 });
  await life.to(life.now + DAY);
  const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  const base = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  await three(life, base as Stripe.SubscriptionItem);
  expect(await codeOf(life.change({ action: 'end_trial' }))).toBe('price_not_settled');
  expect(await codeOf(life.changePlan('pro', 'now'))).toBe('price_not_settled');
  expect((await life.invoices()).map(({ total }) => total)).toEqual([0]);
});

test('where the prices of now can’t be read nothing is changed that is invoiced at once', async () => {
  const life = await on.aLife({ trialDays: 14 });
  await life.to(life.now + DAY);
  life.troubles.outages.add('readSubscription');
  expect(await codeOf(life.change({ action: 'end_trial' }))).toBe('price_not_settled');
  life.troubles.end();
  await life.to(life.now + HOUR);
  await life.change({ action: 'end_trial' });
  await life.catchUp();
  expect((await life.invoices())[0]).toMatchObject({ status: 'paid', total: 2900 });
});

test('what was refused once is read again for a change, and not after five minutes', async () => {
  const life = await on.aLife({ trialDays: 14 });
  await life.to(life.now + DAY);
  life.troubles.refusals.set('readSubscription', 403);
  expect(await codeOf(life.change({ action: 'end_trial' }))).toBe('price_not_settled');
  expect(await codeOf(life.change({ action: 'end_trial' }))).toBeUndefined();
  await life.catchUp();
  expect((await life.invoices())[0]).toMatchObject({ status: 'paid', total: 2900 });
  expect(life.state().exceptions).toEqual([]);
});

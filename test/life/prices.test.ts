/** Goal: a customer is billed, and told, the prices they were sold at, until they are moved. */
import type Stripe from 'stripe';
import { booksOf } from '../../src/core/proof/books';
import { periodBilledBy } from '../../src/core/invoices/invoice';
import { explainInvoice } from '../../src/core/proof/verification';
import { versionOf } from '../../src/stripe/catalog-version';
import { readStripeInvoice } from '../../src/stripe/invoice-snapshot';
import { createPriceBook } from '../../src/stripe/price-book';
import { linesOf } from './at-stripe';
import { HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { overageAt, sell, starterWith } from './selling';

const on = useStage();
beforeEach(() => on.stage.clear());

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

const lastLines = async (life: Life) => linesOf((await renewals(life)).at(-1) as Stripe.Invoice);

const rateOf = (life: Life, id = 'overage_standard') =>
  life
    .state()
    .periods.at(-1)
    ?.terms.rates.find((rate) => rate.id === id)?.pricePerMillionTokens;

/** By the same function and books as the workflow’s. */
async function explanationOf(life: Life, { id }: Stripe.Invoice) {
  const { stripe } = on.stage;
  const { snapshot } = await readStripeInvoice(stripe, createPriceBook(stripe), String(id));
  const state = life.state();
  return explainInvoice(snapshot, periodBilledBy(state, snapshot), booksOf(state));
}

const openKinds = (life: Life) => life.state().exceptions.map(({ kind }) => kind);

describe('a price that rises in the file and at Stripe', () => {
  test('leaves the next period, its page and its invoice as they were sold', async () => {
    const life = await on.aLife();
    await sell(life, overageAt(on.stage.catalog, '6.00'));
    await life.renew();
    await life.use(1_100_000);
    expect(rateOf(life)).toBe('3.00');
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 2900],
      ['1000000 × Tokens over the allowance', 300],
    ]);
    expect(life.state()).toMatchObject({ exceptions: [], archived: [{}, { phase: 'paid' }] });
  });

  test('and a plan for the period’s end from there, leave this period as it was sold', async () => {
    const life = await on.aLife({ plan: 'pay_as_you_go' });
    await life.changePlan('starter', 'now');
    await life.catchUp();
    await life.use(1_100_000);
    await sell(life, overageAt(on.stage.catalog, '6.00'));
    await life.changePlan('pay_as_you_go', 'period_end');
    await life.catchUp();
    await life.renew();
    expect(await lastLines(life)).toEqual([['1000000 × Tokens over the allowance', 300]]);
    expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
  });

  test('between draft and finalization changes nothing of either', async () => {
    const life = await on.aLife();
    await life.use(1_100_000);
    const { end } = await life.period();
    await life.to(end + 20 * 60);
    await sell(life, starterWith(overageAt(on.stage.catalog, '6.00'), { monthlyPriceCents: 3900 }));
    await life.use(1_000_000, { second: end - 60 });
    await life.to(end + 2 * HOUR);
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 2900],
      ['2000000 × Tokens over the allowance', 600],
    ]);
    expect(openKinds(life)).toEqual([]);
  });

  test('late usage is billed by the prices of its own period', async () => {
    const life = await on.aLife();
    const { end } = await life.period();
    await life.use(100_000);
    await life.to(end + 2 * HOUR);
    await sell(life, overageAt(on.stage.catalog, '6.00'));
    await life.use(1_000_000, { second: end - 60 });
    await life.renew();
    expect(await lastLines(life)).toContainEqual([expect.stringContaining('Late usage'), 300]);
  });
});

test('an allowance that shrinks in the file is as it was bought', async () => {
  const life = await on.aLife();
  await sell(life, starterWith(on.stage.catalog, { includedTokens: 1_000 }));
  await life.renew();
  await life.use(100_000);
  expect(life.state().periods.at(-1)).toMatchObject({
    terms: { includedTokens: 100_000 },
    rates: {},
  });
});

test('a plan that has left the file goes on for those who are on it', async () => {
  const life = await on.aLife();
  const plans = on.stage.catalog.plans
    .filter(({ id }) => id !== 'starter')
    .map((plan) => ({ ...plan, access: { ...plan.access, upgradeTo: null } }));
  await sell(life, { ...on.stage.catalog, plans });
  await life.renew();
  await life.use(1_100_000);
  await life.renew();
  expect(await lastLines(life)).toEqual([
    ['1 × Starter', 2900],
    ['1000000 × Tokens over the allowance', 300],
  ]);
  expect(openKinds(life)).toEqual([]);
});

describe('a price that was edited at Stripe by hand', () => {
  const baseItem = async (life: Life) => {
    const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
    return items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  };

  const edit = async (life: Life, change: Stripe.SubscriptionUpdateParams.Item) => {
    const item = await baseItem(life);
    await on.stage.stripe.subscriptions.update(life.subscriptionId, {
      items: [{ id: item?.id, ...change }],
      proration_behavior: 'none',
    });
    await life.catchUp();
  };

  const decide = (life: Life, kind: string) =>
    life.ask('resolveException', {
      ...{ exception: 'price_differs', subject: life.state().exceptions[0]?.subject },
      ...{ kind, reason: 'agreed with sales', by: 'grace' },
    });

  test('holds the draft, names both figures, and is billed when it is accepted', async () => {
    const life = await on.aLife();
    const price = await on.stage.stripe.prices.create({
      ...{ product: 'tollkeeper_plan_starter', currency: 'usd', unit_amount: 1900 },
      recurring: { interval: 'month' },
    });
    await edit(life, { price: price.id });
    expect(life.state().exceptions).toMatchObject([
      { kind: 'price_differs', subject: price.id, message: expect.stringContaining('1900') },
    ]);
    expect(life.state().exceptions[0]?.message).toContain('2900');
    const { end } = await life.period();
    await life.to(end + 5 * HOUR);
    expect((await renewals(life))[0]?.status).toBe('draft');
    await decide(life, 'accept_stripe');
    await life.to(life.now + HOUR);
    expect((await renewals(life))[0]).toMatchObject({ status: 'paid', total: 1900 });
    expect(life.state()).toMatchObject({
      exceptions: [],
      periods: [{ terms: { planId: 'starter', monthlyPriceCents: 1900 } }],
    });
    // Accepted once, it is asked about never again, also by a run that has lost its state.
    await life.lose();
    await life.use(150_000);
    const next = await life.period();
    await life.to(next.end + HOUR / 2);
    const draft = (await renewals(life)).at(-1) as Stripe.Invoice;
    expect(await explanationOf(life, draft)).toMatchObject({ equal: true, totalCents: 1915 });
    await life.to(next.end + 2 * HOUR);
    const second = (await renewals(life)).at(-1) as Stripe.Invoice;
    expect(second).toMatchObject({ status: 'paid', total: 1915 });
    expect(linesOf(second)).toEqual([
      ['1 × Starter', 1900],
      ['50000 × Tokens over the allowance', 15],
    ]);
    expect(life.state()).toMatchObject({
      exceptions: [],
      periods: [{ terms: { monthlyPriceCents: 1900 } }],
    });
  });

  test('a quantity of three is another price, too', async () => {
    const life = await on.aLife();
    await edit(life, { quantity: 3 });
    expect(openKinds(life)).toEqual(['price_differs']);
    await decide(life, 'accept_stripe');
    await life.catchUp();
    expect(life.state()).toMatchObject({
      exceptions: [],
      periods: [{ terms: { monthlyPriceCents: 8700, baseQuantity: 3 } }],
    });
  });

  test('put right before the renewal, it is told no more, and the draft leaves', async () => {
    const life = await on.aLife();
    await edit(life, { quantity: 3 });
    expect(openKinds(life)).toEqual(['price_differs']);
    await edit(life, { quantity: 1 });
    expect(openKinds(life)).toEqual([]);
    await life.renew();
    expect((await renewals(life))[0]).toMatchObject({ status: 'paid', total: 2900 });
  });

  test('a metered price made by hand is told before it bills anything', async () => {
    const life = await on.aLife();
    const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
    const item = items.data.find(
      ({ price }) => price.metadata.tollkeeper_rate === 'overage_standard',
    );
    const price = await on.stage.stripe.prices.create({
      ...{ product: 'tollkeeper_rate_overage_standard', currency: 'usd', unit_amount: 1 },
      recurring: {
        ...{ interval: 'month', usage_type: 'metered' },
        meter: String(item?.price.recurring?.meter),
      },
    });
    await on.stage.stripe.subscriptions.update(life.subscriptionId, {
      items: [{ id: item?.id, price: price.id }],
      proration_behavior: 'none',
    });
    await life.catchUp();
    expect(life.state().exceptions).toMatchObject([
      { kind: 'price_differs', subject: price.id, message: expect.stringContaining('0.0003') },
    ]);
  });
});

describe('a subscription from before there were versions', () => {
  const unpin = (life: Life) =>
    on.stage.stripe.subscriptions.update(life.subscriptionId, {
      metadata: { tollkeeper_catalog: '' },
    });
  const pinOf = async (life: Life) =>
    (await on.stage.stripe.subscriptions.retrieve(life.subscriptionId)).metadata.tollkeeper_catalog;

  test('belongs to the version whose prices are its items’ own, and says so from then on', async () => {
    const life = await on.aLife();
    const before = versionOf(on.stage.catalog);
    await unpin(life);
    await sell(life, overageAt(on.stage.catalog, '6.00'));
    life.restart(undefined);
    await life.temporal.settle();
    await life.catchUp();
    expect(rateOf(life)).toBe('3.00');
    expect(await pinOf(life)).toBe(before);
    expect(openKinds(life)).toEqual([]);
  });
});

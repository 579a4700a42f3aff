/** Goal: a customer is moved to other prices by an act, and billed by them to the cent. */
import type Stripe from 'stripe';
import type { Catalog } from '../../src/core/plans/catalog';
import { linesOf } from './at-stripe';
import { HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { overageAt, sell, starterWith } from './selling';

const on = useStage();
beforeEach(() => on.stage.clear());

const lastLines = async (life: Life) => {
  const invoices = await life.invoices();
  const renewal = invoices.find((one) => one.billing_reason === 'subscription_cycle');
  return linesOf(renewal as Stripe.Invoice);
};

const rateOf = (life: Life, id = 'overage_standard') =>
  life
    .state()
    .periods.at(-1)
    ?.terms.rates.find((rate) => rate.id === id)?.pricePerMillionTokens;

const openKinds = (life: Life) => life.state().exceptions.map(({ kind }) => kind);

describe('moved to the version of now', () => {
  const dearer = (): Catalog =>
    starterWith(overageAt(on.stage.catalog, '6.00'), {
      ...{ monthlyPriceCents: 3900, includedTokens: 50_000 },
    });

  test('at the period’s end: this period is billed as bought, and the next by the new prices', async () => {
    const life = await on.aLife();
    const catalogVersion = await sell(life, dearer());
    await life.ask('changePlan', { planId: 'starter', when: 'period_end', catalogVersion });
    await life.catchUp();
    expect(life.state().standing.nextPlan).toMatchObject({ planId: 'starter', catalogVersion });
    await life.use(1_100_000);
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 3900],
      ['1000000 × Tokens over the allowance', 300],
    ]);
    await life.use(1_050_000);
    expect(life.state().periods.at(-1)).toMatchObject({
      terms: { catalogVersion, monthlyPriceCents: 3900, includedTokens: 50_000 },
    });
    expect(rateOf(life)).toBe('6.00');
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 3900],
      ['1000000 × Tokens over the allowance', 600],
    ]);
    expect(openKinds(life)).toEqual([]);
  });

  test('and then to a plan of nothing: what is given back is explained by the version of then', async () => {
    const life = await on.aLife();
    const catalogVersion = await sell(life, dearer());
    await life.ask('changePlan', { planId: 'starter', when: 'now', catalogVersion });
    await life.catchUp();
    await life.to(life.now + 240 * HOUR);
    await life.changePlan('pay_as_you_go');
    await life.catchUp();
    expect(openKinds(life)).toEqual([]);
  });

  test('a version that nobody has stored is refused, and no other is sold in its place', async () => {
    const life = await on.aLife();
    const before = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
    const asked = { planId: 'starter', when: 'now', catalogVersion: 'feedbeeffeedbeef' };
    await expect(life.ask('changePlan', asked)).rejects.toMatchObject({
      cause: {
        type: 'plan_not_found',
        message: expect.stringMatching(
          /^No catalog feedbeeffeedbeef with a plan starter is/,
        ) as string,
      },
    });
    const after = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
    expect(after).toEqual(before);
    expect(openKinds(life)).toEqual([]);
  });

  test('and asked for the same again it is refused, as it is taken back by the plan alone', async () => {
    const life = await on.aLife();
    const catalogVersion = await sell(life, dearer());
    const move = { planId: 'starter', when: 'period_end', catalogVersion };
    await life.ask('changePlan', move);
    await life.catchUp();
    await expect(life.ask('changePlan', move)).rejects.toThrow(/is on starter already/);
    await life.changePlan('starter', 'period_end');
    await life.catchUp();
    expect(life.state().standing.nextPlan).toBeNull();
    await life.renew();
    expect(await lastLines(life)).toEqual([['1 × Starter', 2900]]);
    expect(rateOf(life)).toBe('3.00');
  });

  test('now: all of the period is billed by the new prices, what was reported included', async () => {
    const life = await on.aLife();
    await life.use(600_000);
    await life.to(life.now + 2 * HOUR + 30);
    const catalogVersion = await sell(life, dearer());
    await life.ask('changePlan', { planId: 'starter', when: 'now', catalogVersion });
    await life.catchUp();
    await life.to(life.now + HOUR);
    await life.use(450_000);
    expect(rateOf(life)).toBe('6.00');
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 3900],
      ['1000000 × Tokens over the allowance', 600],
    ]);
    expect(openKinds(life)).toEqual([]);
  });

  test('twice in one period: the period is billed by what was moved to last', async () => {
    const life = await on.aLife();
    await life.use(600_000);
    await life.to(life.now + 2 * HOUR + 30);
    for (const [cents, price] of [
      [3900, '6.00'],
      [4900, '9.00'],
    ] as const) {
      const catalog = overageAt(on.stage.catalog, price);
      const sold = starterWith(catalog, { monthlyPriceCents: cents, includedTokens: 50_000 });
      const catalogVersion = await sell(life, sold);
      await life.ask('changePlan', { planId: 'starter', when: 'now', catalogVersion });
      await life.catchUp();
      await life.to(life.now + HOUR);
      expect(rateOf(life)).toBe(price);
    }
    await life.use(450_000);
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 4900],
      ['1000000 × Tokens over the allowance', 900],
    ]);
    expect(openKinds(life)).toEqual([]);
  });

  test('while an earlier draft is held over a renewal: no price differs, and it leaves once mended', async () => {
    const life = await on.aLife();
    const { end } = await life.period();
    await life.to(end + 60);
    const [{ id: invoice }] = (await life.invoices()) as [Stripe.Invoice];
    const { id: line } = await on.stage.stripe.invoiceItems.create({
      ...{ customer: life.stripeCustomerId, invoice, currency: 'usd', amount: 5_000 },
      description: 'Setup fee',
    });
    await life.catchUp();
    await life.to(end + 2 * HOUR);
    const catalogVersion = await sell(life, dearer());
    await life.ask('changePlan', { planId: 'starter', when: 'now', catalogVersion });
    await life.catchUp();
    await life.renew();
    expect(openKinds(life)).not.toContain('price_differs');
    await on.stage.stripe.invoiceItems.del(line);
    await life.renew();
    expect(openKinds(life)).toEqual([]);
    await life.use(1_050_000);
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 3900],
      ['1000000 × Tokens over the allowance', 600],
    ]);
  });
});

test('a push between the renewals of two customers changes the prices of neither', async () => {
  const early = await on.aLife();
  const late = await on.aLife();
  for (const life of [early, late]) await life.use(1_100_000);
  await early.renew();
  const dearer = starterWith(overageAt(on.stage.catalog, '6.00'), { monthlyPriceCents: 3900 });
  await sell(early, dearer);
  late.sellFrom(dearer);
  await late.renew();
  for (const life of [early, late]) await life.use(1_100_000);
  for (const life of [early, late]) {
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 2900],
      ['1000000 × Tokens over the allowance', 300],
    ]);
    await life.renew();
    expect(await lastLines(life)).toEqual([
      ['1 × Starter', 2900],
      ['1000000 × Tokens over the allowance', 300],
    ]);
    expect(openKinds(life)).toEqual([]);
  }
});

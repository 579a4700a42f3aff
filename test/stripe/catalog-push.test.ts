/** The catalog at Stripe: pushed once, changed by exactly what changed, finished after a break. */
import { join } from 'node:path';
import type Stripe from 'stripe';
import type { Catalog } from '../../src/core/plans/catalog';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { versionOf } from '../../src/stripe/catalog-version';
import { createStripe } from '../../src/stripe/client';
import { planPriceIds } from '../../src/stripe/prices';
import { startFaultyProxy } from '../support/network/faulty-proxy';
import type { FaultyProxy } from '../support/network/faulty-proxy';

let catalog: Catalog;
let sandbox: Awaited<ReturnType<typeof startStripeSandbox>>;
let proxy: FaultyProxy;
let stripe: Stripe;

beforeEach(async () => {
  catalog = await loadCatalog(join(__dirname, '../../catalog.yaml'));
  sandbox = await startStripeSandbox({});
  proxy = await startFaultyProxy(sandbox.url);
  stripe = createStripe({ secretKey: 'sk_test_push', apiBase: proxy.url });
});
afterEach(async () => {
  await proxy.close();
  await sandbox.close();
});

const starterAt = (monthlyPriceCents: number): Catalog => ({
  ...catalog,
  plans: catalog.plans.map((plan) =>
    plan.id === 'starter' ? { ...plan, monthlyPriceCents } : plan,
  ),
});

const overageAt = (pricePerMillionTokens: string): Catalog => ({
  ...catalog,
  rates: catalog.rates.map((rate) =>
    rate.id === 'overage_standard' ? { ...rate, pricePerMillionTokens } : rate,
  ),
});

async function holderOf(lookupKey: string): Promise<Stripe.Price> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey], active: true });
  expect(data).toHaveLength(1);
  return data[0] as Stripe.Price;
}

test('the first push makes a product and a price for each, and a meter for each rate', async () => {
  const { created, updated } = await pushCatalog(stripe, catalog);
  const count = (what: string) => created.filter((line) => line.startsWith(what)).length;
  expect([count('meter'), count('product'), count('price')]).toEqual([6, 9, 9]);
  expect(updated).toEqual([]);
});

test('prices are legal today: metered by a meter, in decimal cents a token', async () => {
  await pushCatalog(stripe, catalog);
  const metered = await holderOf('tollkeeper_rate_payg_standard');
  expect(metered.unit_amount_decimal?.toString()).toBe('0.0002');
  expect(metered.recurring).toMatchObject({ interval: 'month', usage_type: 'metered' });
  expect(metered.transform_quantity).toBeNull();
  expect(metered.metadata).toEqual({
    ...{ tollkeeper_rate: 'payg_standard', tollkeeper_catalog: versionOf(catalog) },
  });
  const meter = await stripe.billing.meters.retrieve(String(metered.recurring?.meter));
  expect(meter).toMatchObject({
    event_name: 'tollkeeper_payg_standard',
    default_aggregation: { formula: 'sum' },
  });
  const base = await holderOf('tollkeeper_plan_starter');
  expect(base).toMatchObject({ unit_amount: 2900, metadata: { tollkeeper_plan: 'starter' } });
  expect(base.recurring?.usage_type).toBe('licensed');
});

test('the second push writes nothing', async () => {
  const { created } = await pushCatalog(stripe, catalog);
  const writes = proxy.writes.length;
  const again = await pushCatalog(stripe, catalog);
  expect(proxy.writes).toHaveLength(writes);
  expect(again).toMatchObject({ created: [], updated: [] });
  expect(again.unchanged).toHaveLength(created.length);
});

test.each<[string, () => Catalog, string]>([
  ['a plan’s price', () => starterAt(3900), 'tollkeeper_plan_starter'],
  ['a rate', () => overageAt('3.50'), 'tollkeeper_rate_overage_standard'],
])(
  '%s that changed is a new price under the same key, and the old one stays for whoever has it',
  async (...[, change, key]) => {
    await pushCatalog(stripe, catalog);
    const before = await holderOf(key);
    const pushed = await pushCatalog(stripe, change());
    expect(pushed).toMatchObject({
      created: [`price ${key}`],
      updated: [],
    });
    expect((await holderOf(key)).id).not.toBe(before.id);
    expect(await stripe.prices.retrieve(before.id)).toMatchObject({
      ...{ active: true, lookup_key: null },
    });
  },
);

test('going back to an earlier price within the day works too', async () => {
  for (const next of [catalog, starterAt(3900), catalog]) await pushCatalog(stripe, next);
  expect(await holderOf('tollkeeper_plan_starter')).toMatchObject({ unit_amount: 2900 });
});

test('a plan that is renamed keeps its prices', async () => {
  await pushCatalog(stripe, catalog);
  const plans = catalog.plans.map((plan) =>
    plan.id === 'pro' ? { ...plan, name: 'Professional' } : plan,
  );
  const pushed = await pushCatalog(stripe, { ...catalog, plans });
  expect(pushed).toMatchObject({ created: [], updated: ['product tollkeeper_plan_pro'] });
});

test.each(['request', 'answer'] as const)(
  'a push that breaks off (the %s lost) is finished by the next, with nothing twice',
  async (loss) => {
    let completed = false;
    for (let breaks = 0; !completed && breaks < 60; breaks += 1) {
      proxy.loseWrite(2, loss);
      completed = await pushCatalog(stripe, catalog).then(
        () => true,
        () => false,
      );
    }
    expect(completed).toBe(true);
    proxy.loseWrite(0, loss);
    expect(await pushCatalog(stripe, catalog)).toMatchObject({ created: [] });
    const prices = await stripe.prices.list({ active: true, limit: 100 });
    const meters = await stripe.billing.meters.list({ limit: 100 });
    expect([prices.data.length, meters.data.length]).toEqual([9, 6]);
  },
);

describe('the prices of a plan', () => {
  test('are its base price, then one per rate', async () => {
    await pushCatalog(stripe, catalog);
    const keys = async (plan: string) => {
      const ids = await planPriceIds(stripe, catalog, plan);
      const prices = await Promise.all(ids.map((id) => stripe.prices.retrieve(id)));
      return prices.map(({ lookup_key: key }) => key?.replace('tollkeeper_', ''));
    };
    expect(await keys('starter')).toEqual([
      'plan_starter',
      'rate_overage_premium',
      'rate_overage_standard',
      'rate_acme_tokens',
      'rate_globex_tokens',
    ]);
    expect((await keys('pay_as_you_go'))[0]).toBe('rate_payg_premium');
    expect(await keys('enterprise')).toHaveLength(3);
  });

  test('that were never pushed, or are not what the catalog says, are refused with the way out', async () => {
    const refusal = { code: 'catalog_not_pushed', message: /tollkeeper catalog push/ };
    const expectRefusal = (wanted: Catalog) =>
      expect(planPriceIds(stripe, wanted, 'starter')).rejects.toMatchObject({
        code: refusal.code,
        message: expect.stringMatching(refusal.message) as string,
      });
    await expectRefusal(catalog);
    await pushCatalog(stripe, catalog);
    await expectRefusal(starterAt(3900));
    await expectRefusal(overageAt('3.50'));
  });
});

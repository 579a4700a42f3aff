/** Goal: a vendor's item comes with first use, and what was used is billed from the first token. */
import type Stripe from 'stripe';
import type { Catalog } from '../../src/core/plans/catalog';
import { costOf } from '../../src/core/invoices/period-figures';
import type { Statement } from '../../src/core/invoices/statement';
import { paidLines } from '../../src/stripe/paid-lines';
import { createPriceBook } from '../../src/stripe/price-book';
import { linesOf } from './at-stripe';
import { HOUR } from './calendar';
import { Life } from './life';
import { START } from './calendar';
import { useStage } from './on-stage';
import { sell } from './selling';

const on = useStage();
beforeEach(() => on.stage.clear());

const MANY = 40;

/** Each vendor sells a million tokens for a dollar, as the file's own vendors do not. */
function withVendors(catalog: Catalog, change: Partial<Catalog> = {}): Catalog {
  const ids = Array.from({ length: MANY }, (_, at) => `v${at}`);
  const [vendor] = catalog.vendors;
  const rates = ids.map((id) => ({
    ...{ id: `${id}_tokens`, name: `Models of ${id}`, models: ['*'] },
    pricePerMillionTokens: '1.00',
  }));
  return {
    ...catalog,
    rates: [...catalog.rates, ...rates],
    vendors: [
      ...catalog.vendors,
      ...ids.map((id) => ({ ...vendor, id, name: id, rates: [`${id}_tokens`] }) as never),
    ],
    ...change,
  };
}

/** A life on Starter, sold from a catalog of 42 vendors. */
async function amongMany(change: Partial<Catalog> = {}): Promise<Life> {
  const seller = await on.aLife();
  const catalog = withVendors(on.stage.catalog, change);
  await sell(seller, catalog);
  const stage = Object.create(on.stage, { catalog: { value: catalog } }) as typeof on.stage;
  const life = await Life.begin(stage, { plan: 'starter', start: START });
  on.stage.clockOf = () => life.temporal.now;
  await life.catchUp();
  return life;
}

const itemsOf = async (life: Life): Promise<string[]> => {
  const { data } = await on.stage.stripe.subscriptionItems.list({
    ...{ subscription: life.subscriptionId, limit: 100 },
  });
  return data.flatMap(({ price }) => price.metadata.tollkeeper_rate ?? []).sort();
};

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

const lastLines = async (life: Life) => linesOf((await renewals(life)).at(-1) as Stripe.Invoice);
const openKinds = (life: Life) => life.state().exceptions.map(({ kind }) => kind);

const OWN = ['overage_premium', 'overage_standard'];

test('a catalog of 42 vendors: the subscription begins with the plan’s own items', async () => {
  const life = await amongMany();
  expect(await itemsOf(life)).toEqual(OWN);
  expect(openKinds(life)).toEqual([]);
});

test('first use in mid-period is billed from the first token, to the cent', async () => {
  const life = await amongMany();
  await life.to(life.now + 50 * HOUR);
  await life.use(1_500_000, { vendor: 'v7' });
  expect(await itemsOf(life)).toEqual([...OWN, 'v7_tokens']);
  await life.use(1_000_000, { vendor: 'v7' });
  await life.renew();
  expect(await lastLines(life)).toEqual([
    ['1 × Starter', 2900],
    ['2500000 × Models of v7', 250],
  ]);
  expect(openKinds(life)).toEqual([]);
  await life.use(3_000_000, { vendor: 'v7' });
  await life.renew();
  expect(await lastLines(life)).toContainEqual(['3000000 × Models of v7', 300]);
  expect(openKinds(life)).toEqual([]);
});

test('two vendors in one second are both billed', async () => {
  const life = await amongMany();
  await life.to(life.now + 50 * HOUR);
  await Promise.all([life.use(1_000_000, { vendor: 'v1' }), life.use(2_000_000, { vendor: 'v2' })]);
  await life.catchUp();
  await life.renew();
  expect(await itemsOf(life)).toEqual([...OWN, 'v1_tokens', 'v2_tokens']);
  expect(await lastLines(life)).toEqual([
    ['1 × Starter', 2900],
    ['1000000 × Models of v1', 100],
    ['2000000 × Models of v2', 200],
  ]);
  expect(openKinds(life)).toEqual([]);
});

test('first use in the draft’s hour is a line of that very draft', async () => {
  const life = await amongMany();
  const { end } = await life.period();
  await life.to(end + 20 * 60);
  await life.use(1_000_000, { vendor: 'v3', second: end - 60 });
  await life.to(end + 2 * HOUR);
  expect(await lastLines(life)).toEqual([
    ['1 × Starter', 2900],
    [expect.stringContaining('1000000 tokens (v3_tokens'), 100],
  ]);
  expect((await renewals(life))[0]?.status).toBe('paid');
  expect(openKinds(life)).toEqual([]);
});

test('more vendors than items: told with the number, and billed by lines', async () => {
  const life = await amongMany({ subscriptionItemsMax: 4 });
  await life.to(life.now + 50 * HOUR);
  for (const vendor of ['v1', 'v2', 'v3']) await life.use(1_000_000, { vendor });
  expect(await itemsOf(life)).toEqual([...OWN, 'v1_tokens']);
  expect(life.state().exceptions).toMatchObject([
    { kind: 'items_exceeded', subject: 'v2_tokens', message: expect.stringContaining('vendor v2') },
    { kind: 'items_exceeded', subject: 'v3_tokens', message: expect.stringContaining('4 items') },
  ]);
  await life.renew();
  const [renewal] = await renewals(life);
  expect(renewal).toMatchObject({ status: 'paid', total: 2900 + 300 });
  expect(openKinds(life)).toEqual([]);
  const priceBook = createPriceBook(on.stage.stripe);
  const paid = { priceBook, vendorOf: () => Promise.resolve(null) };
  const lines = await paidLines(on.stage.stripe, paid, String(renewal?.id));
  expect(lines.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(3_000_000);
  // What is told of January is base price and usage: $29.00, and a dollar for each vendor.
  const told = life.books.statements.get(START) as Statement;
  const terms = { monthlyPriceCents: 2900, lateUsage: 'write_off' as const };
  expect(costOf(terms, told)).toMatchObject({ amountDueCents: 2900 + 300 });
  await life.use(1_000_000, { vendor: 'v2' });
  expect(await itemsOf(life)).toEqual([...OWN, 'v2_tokens']);
  await life.renew();
  expect(await lastLines(life)).toContainEqual(['1000000 × Models of v2', 100]);
  expect(openKinds(life)).toEqual([]);
});

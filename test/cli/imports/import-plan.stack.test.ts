/**
 * Goal: the whole account is read, page by page, into a file that people can review: the same one
 * each time, with nothing written at Stripe.
 */
import { readFile } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { makePlan } from '../../../src/cli/imports/plan';
import { readImportFile, writePlanFile } from '../../../src/cli/imports/plan-file';
import { createPool } from '../../../src/db/pool';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';
import { startStand } from '../../support/sandbox/stand';
import type { Stand } from '../../support/sandbox/stand';
import { watchWrites } from '../../support/stripe/write-watch';
import { fillAccount, KIND_NAMES, KINDS } from '../../support/imports/existing-account';
import type { ExistingSubscription } from '../../support/imports/existing-account';

/** More than a page of Stripe's. */
const SUBSCRIPTIONS = 130;

let stand: Stand;
let database: TestDatabase;
let pool: Pool;
let account: ExistingSubscription[];
const folder = mkdtempSync(join(tmpdir(), 'import-'));
beforeAll(async () => {
  stand = await startStand();
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  const kinds = Array.from(
    { length: SUBSCRIPTIONS },
    (_, index) => KIND_NAMES[index % KIND_NAMES.length] ?? 'starter',
  );
  account = await fillAccount(stand.stripe, kinds);
}, 120_000);
afterAll(async () => {
  await pool.end();
  await database.drop();
  await stand.close();
});

const plan = async (idFrom = 'metadata:app_id', price: readonly string[] = []) =>
  makePlan(
    { pool, stripe: stand.stripe, catalog: await loadCatalog('catalog.yaml'), isTestMode: true },
    { price, idFrom },
    () => undefined,
  );

test('each subscription is in the plan once, by its kind', async () => {
  const { customers, leftOut } = await plan();
  const found = new Map<string, string>([
    ...customers.map((one) => [one.subscription, `${one.customer} ${one.plan}`] as const),
    ...leftOut.map((one) => [one.subscription, String(one.reasons[0]?.reason)] as const),
  ]);
  expect(found.size).toBe(SUBSCRIPTIONS);
  expect(customers.length + leftOut.length).toBe(SUBSCRIPTIONS);
  for (const { kind, subscription, customer } of account) {
    const expected = KINDS[kind];
    expect([kind, found.get(subscription)]).toEqual([
      kind,
      'plan' in expected ? `${customer} ${expected.plan}` : expected.reason,
    ]);
  }
});

test('the file is the same each time, and is read as it was written', async () => {
  const file = join(folder, 'import.yaml');
  const again = join(folder, 'again.yaml');
  await writePlanFile(file, await plan());
  await writePlanFile(again, await plan());
  const text = await readFile(file, 'utf8');
  expect(await readFile(again, 'utf8')).toBe(text);
  const { plans } = await loadCatalog('catalog.yaml');
  const read = await readImportFile(file, { plans: plans.map(({ id }) => id) });
  expect(read.customers).toEqual((await plan()).customers);
});

test('nothing is written at Stripe', async () => {
  const watch = await watchWrites(stand.sandbox.url);
  const { leftOut } = await makePlan(
    {
      ...{ pool, stripe: watch.stripe, isTestMode: true },
      catalog: await loadCatalog('catalog.yaml'),
    },
    { price: [], idFrom: 'stripe' },
    () => undefined,
  );
  await watch.close();
  expect(leftOut.length).toBeGreaterThan(0);
  expect(watch.calls()).toBeGreaterThan(1);
  expect(watch.writes()).toEqual([]);
});

test('subscriptions on test clocks are read too', async () => {
  const { stripe } = stand;
  const { id: test_clock } = await stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(Date.now() / 1000),
  });
  const card = 'pm_card_visa';
  const { id: customer } = await stripe.customers.create({
    ...{ test_clock, payment_method: card },
    invoice_settings: { default_payment_method: card },
  });
  const [flat] = (await stripe.subscriptions.retrieve(account[0]?.subscription ?? '')).items.data;
  const { id } = await stripe.subscriptions.create({
    customer,
    items: [{ price: String(flat?.price.id) }],
  });
  const { customers } = await plan('stripe');
  expect(customers).toContainEqual({
    ...{ subscription: id, stripeCustomer: customer, customer },
    ...{ plan: 'starter', price: flat?.price.id, by: 'amount' },
  });
});

test('an operator says which plan a price is of, and where ids come from', async () => {
  const odd = account.find(({ kind }) => kind === 'foreignPrice');
  const [item] = (await stand.stripe.subscriptions.retrieve(String(odd?.subscription))).items.data;
  const { leftOut } = await plan('email', [`${item?.price.id}=starter`]);
  expect(leftOut).toContainEqual({
    ...{ subscription: odd?.subscription, stripeCustomer: odd?.stripeCustomer },
    reasons: [
      {
        reason: 'price_differs',
        detail: `its price ${item?.price.id} is $12.34; plan starter is $29.00`,
      },
    ],
  });
  await expect(plan('email', ['price_1=gold'])).rejects.toThrow(
    /--price price_1=gold names no price and plan: expected price_1Abc=PLAN/,
  );
  await expect(plan('phone')).rejects.toThrow(/--id-from phone names no source of ids/);
});

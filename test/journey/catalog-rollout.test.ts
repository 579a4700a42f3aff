/**
 * Goal: a rate goes from 3.00 to 4.00 and the base price from 29 to 31 while customers are on them.
 * Nothing changes for anybody before the rollout is approved; then this period is billed as it was
 * bought, the next by the new prices, and whoever leaves is left out.
 */
import type Stripe from 'stripe';
import { decideRollout, readRollout, rollOut } from '../../src/cli/plans/catalog-rollout';
import type { RolloutDeps } from '../../src/cli/plans/catalog-rollout';
import { rolloutText } from '../../src/cli/plans/catalog-rollout-text';
import { readAuditEntries, verifyAuditChain } from '../../src/db/audit-entries';
import { findCustomer } from '../../src/db/customers';
import type { Customer } from '../../src/db/customers';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { aCatalogFile } from '../support/builders/catalog-file';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { advanceClock } from '../support/stripe/test-clock';
import { checkInvoice } from '../../src/cli/proof/invoice-verification';

const STAYING = ['ada', 'bo', 'cy', 'di', 'ed'];
const CUSTOMERS = [...STAYING, 'fay'];
const HOUR = 3_600;
const PATIENCE_MS = 120_000;
const WORD = { by: 'olga', reason: 'costs rose' };

const DEARER = aCatalogFile(({ plans, rates }) => {
  Object.assign(plans.find(({ id }) => id === 'starter') ?? {}, { monthlyPriceCents: 3_100 });
  Object.assign(rates.find(({ id }) => id === 'overage_standard') ?? {}, {
    pricePerMillionTokens: '4.00',
  });
});

let product: Product;
let deps: RolloutDeps;
const clocks = new Map<string, string>();
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  const start = Math.floor(Date.now() / 1000);
  for (const customer of CUSTOMERS) {
    const { id } = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
    clocks.set(customer, id);
    await product.api.put(`/v1/customers/${customer}`, {
      ...{ email: `${customer}@example.com`, plan: 'starter', testClock: id },
    });
    await use(customer, 'first', start + 60);
  }
}, 120_000);
afterAll(() => product.stop());

/** A million over Starter's allowance. */
const use = (customer: string, id: string, second: number) =>
  product.api.recordUsage(customer, [
    { id: `${customer}-${id}`, model: 'gpt-4o-mini', tokens: { input: 1_100_000 }, second },
  ]);

const rowOf = async (customer: string) => (await findCustomer(product.pool, customer)) as Customer;
const secondOf = (time: Date | null) => Math.floor(Number(time) / 1000);

async function renewalsOf(customer: string): Promise<Stripe.Invoice[]> {
  const { stripeCustomerId } = await rowOf(customer);
  const { data } = await product.stripe.invoices.list({ customer: String(stripeCustomerId) });
  return data.filter(({ billing_reason: reason }) => reason === 'subscription_cycle').reverse();
}

async function renewed(number: number): Promise<Stripe.Invoice[]> {
  for (const customer of STAYING) {
    const end = secondOf((await rowOf(customer)).periodEnd);
    await advanceClock(product.stripe, String(clocks.get(customer)), end + 3 * HOUR);
    // What is asked for next is of the period that has begun.
    await eventually(
      async () => secondOf((await rowOf(customer)).periodEnd),
      (known) => known > end,
      PATIENCE_MS,
    );
  }
  const all = await eventually(
    () => Promise.all(STAYING.map(renewalsOf)),
    (invoices) => invoices.every((of) => of[number - 1]?.status === 'paid'),
    PATIENCE_MS,
  );
  return all.map((of) => of[number - 1] as Stripe.Invoice);
}

const asked: string[] = [];
const told: string[] = [];
const rolledOut = (isYes: boolean) =>
  rollOut(
    deps,
    'starter',
    { at: 'period_end', batch: 2, word: WORD },
    async (question) => (asked.push(question), isYes),
    (line) => told.push(line),
  );

test('before it is approved it says what it is worth, by hand, and nobody is moved', async () => {
  await eventually(
    async () => {
      const { rows } = await product.pool.query<{ used: number }>(
        `select (statement ->> 'usedTokens')::int as used from billing_periods`,
      );
      return rows;
    },
    (rows) => rows.length === 6 && rows.every(({ used }) => used === 1_100_000),
  );
  await product.api.post('/v1/customers/fay/subscription', { action: 'cancel' });
  await product.deploy({ CATALOG_FILE: DEARER });
  deps = { ...product, catalog: await loadCatalog(DEARER) };
  const { phase, preview } = await rolledOut(false);
  expect(phase).toBe('awaiting_approval');
  // Each 29.00 and 3.00 of overage; then 31.00 and 4.00. fay leaves.
  expect(preview).toMatchObject({
    ...{ customers: 5, beforeCents: 16_000, afterCents: 17_500, runningOnly: 5 },
    leftOutNames: [{ customer: 'fay', reason: 'cancellation_waits' }],
  });
  expect(asked.at(-1)).toMatch(/5 customers, \$160\.00 → \$175\.00 a period \(\+\$15\.00\)/);
  expect(asked.at(-1)).toMatch(/ada.*\$29\.00 · 100,000 tokens.*\$32\.00.*\$35\.00/);
  for (const customer of CUSTOMERS) expect((await rowOf(customer)).nextPlan).toBeNull();
}, 120_000);

test('while it is under way none to another catalog is begun, and commands are about it', async () => {
  const other = { ...deps, catalog: await loadCatalog('catalog.yaml') };
  await eventually(
    () => readRollout(other, 'starter').catch(() => undefined),
    (state) => state?.phase === 'awaiting_approval',
  );
  const begun = rollOut(
    other,
    'starter',
    { at: 'period_end', batch: 2, word: WORD },
    async () => true,
    () => undefined,
  );
  await expect(begun).rejects.toThrow(/is under way, to an earlier catalog/);
}, 60_000);

test('asked again it joins the same rollout, and approved it moves them', async () => {
  const state = await rolledOut(true);
  expect(state).toMatchObject({ phase: 'done', moved: 5, leftOut: { cancellation_waits: 1 } });
  expect(told.at(-1)).toBe('· done: 5 of 5 moved');
  expect(rolloutText(await readRollout(deps, 'starter'))).toMatch(/approved +by olga: costs rose/);
  await expect(decideRollout(deps, 'starter', 'pause', WORD)).rejects.toThrow(/No rollout|done/);
  const entries = await readAuditEntries(product.pool, 'catalog:starter');
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
  const kinds = entries.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'rollout_moved')).toHaveLength(5);
  expect(kinds.slice(0, 2)).toEqual(['rollout_previewed', 'rollout_approved']);
  expect(entries[1]?.detail).toMatchObject({ by: 'olga', reason: 'costs rose' });
  for (const customer of STAYING) expect((await rowOf(customer)).nextPlan).toBe('starter');
  expect((await rowOf('fay')).nextPlan).toBeNull();
}, 120_000);

test('this period is billed as it was bought, and the next by the new prices', async () => {
  const first = await renewed(1);
  // The overage of this period, and the base price of the next in advance.
  expect(first.map(({ total }) => total)).toEqual(STAYING.map(() => 300 + 3_100));
  for (const customer of STAYING) {
    await use(customer, 'second', secondOf((await rowOf(customer)).periodStart) + HOUR);
  }
  const next = await renewed(2);
  expect(next.map(({ total }) => total)).toEqual(STAYING.map(() => 400 + 3_100));
  for (const { id } of [...first, ...next])
    expect(await checkInvoice({ ...product, catalog: deps.catalog }, id)).toMatchObject({
      ok: true,
    });
}, 400_000);

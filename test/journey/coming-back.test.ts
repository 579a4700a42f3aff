/**
 * Goal: whoever leaves can come back under the same id, as often as they like. Each subscription
 * has invoices of its own, all are explained from the ledger, and usage in between is told.
 */
import type { Statement } from '../../src/core/invoices/statement';
import { checkInvoice } from '../../src/cli/proof/invoice-verification';
import { listBillingPeriods } from '../../src/db/billing-periods';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { payAt } from '../support/sandbox/checkout-form';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { advanceClock } from '../support/stripe/test-clock';

const DAY = 24 * 3_600;
const PATIENCE_MS = 150_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
}, 300_000);
afterAll(() => product.stop());

interface Shown {
  readonly billingStatus: string;
  readonly subscriptionId: string;
  readonly plan: string;
}

const path = (customer: string): string => `/v1/customers/${customer}`;

async function cancel(customer: string): Promise<void> {
  const answer = await fetch(`${product.apiUrl}${path(customer)}/subscription?when=now`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${product.adminKey}` },
  });
  expect(answer.status).toBe(200);
}

const until = (customer: string, billingStatus: string): Promise<Shown | undefined> =>
  eventually(
    () => product.api.get<Shown>(path(customer)),
    (shown) => shown?.billingStatus === billingStatus,
    PATIENCE_MS,
  );

/** Oldest first. */
async function statements(customer: string): Promise<Statement[]> {
  const rows = await listBillingPeriods(product.pool, customer, 10);
  return rows.map(({ statement }) => statement).reverse();
}

async function use(customer: string, id: string, second: number, tokens: number): Promise<void> {
  await product.api.recordUsage(customer, [
    { id: `${customer}-${id}`, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);
}

const counted = (customer: string, usedTokens: number) =>
  eventually(
    async () => (await statements(customer)).at(-1),
    (statement) => statement?.usedTokens === usedTokens,
    PATIENCE_MS,
  );

test('cancel, come back, cancel, come back: one chain of invoices, each explained', async () => {
  const customer = 'ada';
  const start = Math.floor(Date.now() / 1000) - 20 * DAY;
  const { id: testClock } = await product.stripe.testHelpers.testClocks.create({
    frozen_time: start,
  });
  const terms = { email: 'ada@example.com', testClock };
  await product.api.put(path(customer), { ...terms, plan: 'starter' });
  const subscriptions: string[] = [];
  for (const [turn, plan] of ['starter', 'pro', 'starter'].entries()) {
    const from = start + turn * 6 * DAY;
    if (turn > 0) {
      await advanceClock(product.stripe, testClock, from);
      await product.api.put(path(customer), { ...terms, plan });
    }
    const shown = await until(customer, 'active');
    expect(shown?.plan).toBe(plan);
    subscriptions.push(String(shown?.subscriptionId));
    await use(customer, `used-${turn}`, from + 60, 700_000);
    await counted(customer, 700_000);
    await advanceClock(product.stripe, testClock, from + 5 * DAY);
    if (turn === 2) break;
    await cancel(customer);
    await until(customer, 'ended');
    await use(customer, `between-${turn}`, from + 5 * DAY + 60, 10_000);
  }
  expect(new Set(subscriptions).size).toBe(3);
  const all = await statements(customer);
  expect(all.map(({ subscriptionId }) => subscriptionId)).toEqual(subscriptions);
  const deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  const { data: invoices } = await product.stripe.invoices.list({ limit: 20 });
  const checks = [];
  for (const { id, total } of invoices.reverse())
    checks.push([total, (await checkInvoice(deps as never, String(id))).ok]);
  // Starter and its 600,000 tokens over, then Pro and 200,000 over, then Starter again.
  expect(checks).toEqual([
    [2_900, true],
    [180, true],
    [9_900, true],
    [60, true],
    [2_900, true],
  ]);
  const told = await product.api.get<{ exceptions: { kind: string }[] }>('/v1/exceptions');
  expect(told?.exceptions.map(({ kind }) => kind)).toEqual(['usage_after_end', 'usage_after_end']);
  const usage = await eventually(
    () => product.api.get<{ unbilled: readonly unknown[] }>(`${path(customer)}/usage`),
    (report) => report?.unbilled.length === 2,
    PATIENCE_MS,
  );
  expect(usage?.unbilled).toMatchObject([
    { tokens: 10_000, valueCents: '3' },
    { tokens: 10_000, valueCents: '3' },
  ]);
}, 500_000);

test('the same request again begins no other subscription', async () => {
  const customer = 'bo';
  const request = { email: 'bo@example.com', plan: 'starter' };
  await product.api.put(path(customer), request);
  await until(customer, 'active');
  await cancel(customer);
  await until(customer, 'ended');
  await Promise.all([1, 2, 3].map(() => product.api.put(path(customer), request)));
  await until(customer, 'active');
  await product.api.put(path(customer), request);
  const { data } = await product.stripe.subscriptions.list({ status: 'active', limit: 100 });
  expect(data.filter(({ metadata }) => metadata.tollkeeper_customer === customer)).toHaveLength(1);
}, 300_000);

test('who has left buys another subscription at Checkout', async () => {
  const customer = 'cy';
  await product.api.put(path(customer), { email: 'cy@example.com', plan: 'starter' });
  const { subscriptionId: formerId } = (await until(customer, 'active')) as Shown;
  await cancel(customer);
  await until(customer, 'ended');
  const { url } = await product.api.post<{ url: string }>(`${path(customer)}/checkout`, {
    plan: 'pro',
    successUrl: 'https://app.example.com/welcome',
    cancelUrl: 'https://app.example.com/plans',
  });
  await payAt(url, '4242424242424242');
  const shown = await until(customer, 'active');
  expect(shown).toMatchObject({ plan: 'pro' });
  expect(shown?.subscriptionId).not.toBe(formerId);
}, 300_000);

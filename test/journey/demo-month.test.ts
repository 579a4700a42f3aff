/**
 * Goal: two months of five customers end with ledger, workflow, meter and invoice equal, to the
 * cent.
 */
import { runDemo } from '../../src/demo/run-demo';
import type { DemoResult } from '../../src/demo/run-demo';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

let product: Product;
let result: DemoResult;
beforeAll(async () => {
  product = await startProduct();
  const { api, stripe, pool } = product;
  result = await runDemo({ api, stripe, pool, onProgress: () => undefined });
}, 180_000);
afterAll(() => product.stop());

const periodsOf = (name: string) =>
  result.customers.find(({ customer }) => customer === name)?.periods ?? [];

test('nothing drifts, every invoice is paid and comes to what was worked out by hand', () => {
  expect(result.customers.flatMap(({ periods }) => periods.map(({ drift }) => drift))).toEqual(
    Array.from({ length: 10 }, () => 0),
  );
  expect(result.ok).toBe(true);
});

test('Starter, 150,000 tokens: 50,000 over, $29.00 and $0.15', () => {
  expect(periodsOf('bo')[0]).toMatchObject({
    ledgerTokens: 150_000,
    overageTokens: 50_000,
    stripeMeterTokens: 50_000,
    invoiceOverageTokens: 50_000,
    invoiceAmountCents: 2915,
    invoiceStatus: 'paid',
  });
});

test('pay-per-token, 1,234,567 tokens at $0.002 per 1,000: $2.47', () => {
  expect(periodsOf('ada')[0]).toMatchObject({
    ledgerTokens: 1_234_567,
    invoiceOverageTokens: 1_234_567,
    invoiceAmountCents: 247,
  });
});

test('Pro, 499,999 tokens: no overage on the invoice', () => {
  expect(periodsOf('cy')[0]).toMatchObject({
    ledgerTokens: 499_999,
    invoiceOverageTokens: 0,
    invoiceAmountCents: 9900,
  });
});

test('Enterprise pays its flat price whatever it uses', () => {
  expect(periodsOf('dana').map((period) => period.invoiceAmountCents)).toEqual([200_000, 200_000]);
  expect(periodsOf('dana')[1]).toMatchObject({ ledgerTokens: 3_000_000, stripeMeterTokens: 0 });
});

test('the vendors have their share of what was paid for them, a one-off sale of $50.00 included', async () => {
  // $4.00, $12.345 and $50.00 less 15 %; $2.50 and $7.8125 less 20 %: each rounded by itself.
  expect(result.vendors).toEqual([
    { vendor: 'acme', paidCents: 6635, shareCents: 5640, feeCents: 60 + 185 + 750 },
    { vendor: 'globex', paidCents: 1031, shareCents: 825, feeCents: 50 + 156 },
  ]);
  const { data } = await product.stripe.accounts.list({ limit: 10 });
  const balances = await Promise.all(
    data.map(async ({ id, metadata }) => {
      const { pending, available } = await product.stripe.balance.retrieve(
        {},
        { stripeAccount: id },
      );
      const cents = [...pending, ...available].reduce((sum, { amount }) => sum + amount, 0);
      return [metadata?.tollkeeper_vendor, cents];
    }),
  );
  expect(Object.fromEntries(balances)).toEqual({ acme: 5640, globex: 825 });
});

/**
 * Goal: a price that changes moves nobody by itself. While a customer is on Starter its rate goes
 * from 3.00 to 4.00: their page, their statement and both of their invoices agree on 3.00, and who
 * comes after the change pays 4.00.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Statement } from '../../src/core/invoices/statement';
import { listBillingPeriods } from '../../src/db/billing-periods';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { checkInvoice } from '../../src/cli/proof/invoice-verification';

/** 1,000,000 over Starter's allowance: $3.00, and $4.00 at the new price. */
const TOKENS = 1_100_000;
const HOUR = 3_600;
/** A task that Temporal had given to the worker that stopped is tried again after a minute. */
const PATIENCE_MS = 150_000;

let product: Product;
let dearer: string;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  const text = await readFile('catalog.yaml', 'utf8');
  const changed = text.replace(
    /(- id: overage_standard[^]*?pricePerMillionTokens: )'?"?3\.00'?"?/,
    "$1'4.00'",
  );
  expect(changed).not.toBe(text);
  dearer = join(mkdtempSync(join(tmpdir(), 'catalog-')), 'catalog.yaml');
  await writeFile(dearer, changed);
}, 300_000);
afterAll(() => product.stop());

interface Usage {
  readonly overageTokens: number;
  readonly amountDueCents: number;
}

async function aCustomer(customer: string): Promise<string> {
  const { id } = await product.stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(Date.now() / 1000),
  });
  await product.api.put(`/v1/customers/${customer}`, {
    ...{ email: `${customer}@example.com`, plan: 'starter', testClock: id },
  });
  return id;
}

/** Oldest first. */
const statements = async (customer: string, isThere: (all: readonly Statement[]) => boolean) =>
  (await eventually(
    async () =>
      (await listBillingPeriods(product.pool, customer, 5)).map((row) => row.statement).reverse(),
    isThere,
    PATIENCE_MS,
  )) as [Statement, ...Statement[]];

/** Uses the period's tokens, brings it to its end, and answers all that is said of it. */
async function aMonth(
  customer: string,
  clock: string,
  number: number,
  meanwhile: () => Promise<void> = async () => undefined,
) {
  const [...open] = await statements(customer, (all) => all.length === number);
  const period = open.at(-1) as Statement;
  await product.api.recordUsage(customer, [
    {
      id: `${customer}-${number}`,
      model: 'gpt-4o-mini',
      tokens: { input: TOKENS },
      second: period.periodStart + 60,
    },
  ]);
  const page = await eventually(
    () => product.api.get<Usage>(`/v1/customers/${customer}/usage`),
    // What is due follows the workflow, a moment after the ledger.
    (usage) => usage?.overageTokens === TOKENS - 100_000 && usage.amountDueCents > 2900,
    PATIENCE_MS,
  );
  await meanwhile();
  await advanceClock(product.stripe, clock, period.periodEnd + 60);
  await statements(customer, (all) => all[number - 1]?.phase === 'reconciled');
  await advanceClock(product.stripe, clock, period.periodEnd + 2 * HOUR);
  const all = await statements(customer, (seen) => seen[number - 1]?.phase === 'paid');
  const statement = all[number - 1] as Statement;
  const invoiceId = String(statement.invoice?.id);
  const invoice = await product.stripe.invoices.retrieve(invoiceId);
  const deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  const explained = await checkInvoice(deps as never, invoiceId);
  return {
    page: page?.amountDueCents,
    statement: statement.rates.find(({ rateId }) => rateId === 'overage_standard')?.amountCents,
    invoice: invoice.total,
    isExplained: explained.ok,
  };
}

test('who is on the old price keeps it, on page, statement and both invoices', async () => {
  const clock = await aCustomer('ada');
  const changed = () => product.deploy({ CATALOG_FILE: dearer });
  expect(await aMonth('ada', clock, 1, changed)).toEqual({
    ...{ page: 2900 + 300, statement: '300', invoice: 2900 + 300, isExplained: true },
  });
  expect(await aMonth('ada', clock, 2)).toEqual({
    ...{ page: 2900 + 300, statement: '300', invoice: 2900 + 300, isExplained: true },
  });
}, 500_000);

test('who comes after the change pays the new price', async () => {
  const clock = await aCustomer('bo');
  expect(await aMonth('bo', clock, 1)).toEqual({
    ...{ page: 2900 + 400, statement: '400', invoice: 2900 + 400, isExplained: true },
  });
}, 300_000);

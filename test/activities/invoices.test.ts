/** Goal: an invoice is held and let go as often as it takes, each decision once and on record. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import type { Activities } from '../../activities';
import { createStripeActivities } from '../../activities';
import { readAuditEntries } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import type { StripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createStripe } from '../../src/stripe/client';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let sandbox: StripeSandbox;
let pool: Pool;
let stripe: Stripe;
let activities: Pick<Activities, 'holdInvoice' | 'releaseInvoice' | 'readInvoice'>;
beforeAll(async () => {
  database = await createTestDatabase();
  sandbox = await startStripeSandbox();
  pool = createPool({ connectionString: database.url, max: 2 });
  stripe = createStripe({ secretKey: 'sk_test_invoices', apiBase: sandbox.url });
  const catalog = await loadCatalog('catalog.yaml');
  const drainLedger = () => Promise.resolve(0);
  const takeUsage = async () => [];
  const signalStripeEvent = () => Promise.resolve();
  activities = createStripeActivities({
    ...{ pool, stripe, catalog, drainLedger, takeUsage, signalStripeEvent, now: Date.now },
  });
});
afterAll(async () => {
  await pool.end();
  await sandbox.close();
  await database.drop();
});

test('held, released and held again: the last decision holds, and a repeat of one is none', async () => {
  const { id } = await stripe.customers.create({ email: 'ada@example.com' });
  const { id: invoiceId } = await stripe.invoices.create({ customer: id, auto_advance: true });
  const decision = (decidedAt: number) => ({ customer: 'ada', invoiceId, decidedAt });
  const isAdvancing = async () => (await stripe.invoices.retrieve(invoiceId)).auto_advance;

  await activities.holdInvoice({ ...decision(1), differences: [] });
  expect(await isAdvancing()).toBe(false);
  await activities.releaseInvoice({ ...decision(2), finalizesAt: null, reason: 'equal' });
  expect(await isAdvancing()).toBe(true);
  await activities.holdInvoice({ ...decision(3), differences: [] });
  await activities.holdInvoice({ ...decision(3), differences: [] });
  expect(await isAdvancing()).toBe(false);

  const entries = await readAuditEntries(pool, 'ada');
  expect(entries.map(({ kind }) => kind)).toEqual([
    'invoice_held',
    'invoice_released',
    'invoice_held',
  ]);
});

test.each([
  [0, undefined],
  [3, true],
])('an invoice with %i tokens of a vendor pays vendors: %s', async (quantity, paysVendors) => {
  const { id: customer } = await stripe.customers.create({ email: 'ada@example.com' });
  const { id: invoice } = await stripe.invoices.create({ customer });
  const { id: price } = await stripe.prices.create({
    ...{ currency: 'usd', unit_amount: 100, product_data: { name: 'Acme models' } },
    metadata: { tollkeeper_rate: 'acme_tokens' },
  });
  await stripe.invoiceItems.create({ customer, invoice, pricing: { price }, quantity });
  const read = await activities.readInvoice({ customer: 'ada', invoiceId: invoice });
  expect(read.paysVendors).toBe(paysVendors);
});

/** Goal: late usage is one line of an invoice, whoever asks for it and however late. */
import type { Pool } from 'pg';
import { createLateItemActivities } from '../../activities/late-usage';
import { createPool } from '../../src/db/pool';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import type { StripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createStripe } from '../../src/stripe/client';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import type { LateItem } from '../../src/core/state/period-state';

let hoursPassed = 0;
const now = () => Date.now() + hoursPassed * 3_600_000;

let database: TestDatabase;
let sandbox: StripeSandbox;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  sandbox = await startStripeSandbox({ now });
  pool = createPool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await pool.end();
  await sandbox.close();
  await database.drop();
});

const ITEM: LateItem = {
  ...{ key: 'late:sub_1:1:overage_standard:1:in_1', planId: 'starter', rateId: 'overage_standard' },
  ...{ periodStart: 1_767_225_600, periodEnd: 1_769_904_000 },
  ...{ tokens: 1_000_000, pricePerMillionTokens: '3.00', amountCents: 300 },
};

test('the answer lost and a day gone by, another step finds the line and adds no second one', async () => {
  const stripe = createStripe({ secretKey: 'sk_test_late', apiBase: sandbox.url });
  const catalog = await loadCatalog('catalog.yaml');
  const { addLateItem } = createLateItemActivities({ pool, stripe, catalog, now } as never);
  const { id: stripeCustomerId } = await stripe.customers.create({ email: 'ada@example.com' });
  const { id: invoiceId } = await stripe.invoices.create({
    ...{ customer: stripeCustomerId, auto_advance: false },
  });
  const add = () => addLateItem({ customer: 'ada', stripeCustomerId, invoiceId, item: ITEM });
  expect(await add()).toBe(true);
  hoursPassed = 25;
  expect(await add()).toBe(true);
  const { data } = await stripe.invoiceItems.list({ invoice: invoiceId });
  expect(data.map(({ amount }) => amount)).toEqual([300]);
});

/** The ledger's sums, as an invoice is compared with them. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { createUsageActivities } from '../../activities/usage';
import type { Catalog } from '../../src/core/plans/catalog';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import { FEBRUARY, JANUARY } from '../support/builders/builders';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { aRow } from '../support/builders/ledger';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  const tokens = (input: number) => ({ ...aRow('').tokens, input });
  await insertUsageEvents(pool, [
    aRow('own', { tokens: tokens(100) }),
    aRow('acme', { vendor: 'acme', tokens: tokens(20) }),
    aRow('globex', { vendor: 'globex', tokens: tokens(3) }),
  ]);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test.each([
  ['of vendors apart', undefined, { usedTokens: 100, vendorTokens: 23 }],
  ['of a vendor in the allowance with ours', ['acme'], { usedTokens: 120, vendorTokens: 3 }],
])('tokens %s', async (_case, allowanceVendors, sums) => {
  const { sumLedger } = createUsageActivities({
    pool,
    stripe: {} as Stripe,
    catalog: {} as Catalog,
    drainLedger: async () => 0,
    takeUsage: async () => [],
    signalStripeEvent: async () => undefined,
    now: Date.now,
  });
  const january = { customer: 'ada', start: JANUARY, end: FEBRUARY };
  expect(await sumLedger({ ...january, ...(allowanceVendors && { allowanceVendors }) })).toEqual(
    sums,
  );
});

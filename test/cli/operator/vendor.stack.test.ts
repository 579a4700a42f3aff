/** Goal: an operator sees what vendors sold, were paid and are owed, as text and as JSON. */
import type { Pool } from 'pg';
import { readVendor, readVendors, vendorsText, vendorText } from '../../../src/cli/operator/vendor';
import { createPool } from '../../../src/db/pool';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';
import { bookSomeSales } from '../../support/vendors/vendor-books';

let database: TestDatabase;
let pool: Pool;
let deps: Parameters<typeof readVendor>[0];
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  deps = { pool, catalog: await loadCatalog('catalog.yaml') };
  await bookSomeSales(pool);
  await pool.query(
    `insert into vendors (vendor, email, name, country, stripe_account_id, requirements_due,
                          disabled_reason)
     values ('acme', 'pay@acme.example', 'Acme AI', 'US', 'acct_1', '{external_account}',
             'requirements.past_due'),
            ('gone', 'pay@gone.example', 'Gone', 'US', null, '{}', null)`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Without the frame of the table. */
const cells = (text: string) =>
  text.split('\n').map((line) =>
    line
      .split('│')
      .map((cell) => cell.trim())
      .filter((cell) => cell !== ''),
  );

test('all vendors of the catalog, and those that have left it, are a row each', async () => {
  expect(cells(vendorsText(await readVendors(deps)))).toEqual(
    expect.arrayContaining([
      [
        'vendor',
        'account',
        'fee %',
        'sold',
        'fee',
        'share',
        'came back',
        'transferred',
        'offset',
        'due',
      ],
      ...[
        ['acme', 'requirements.past_due', '15%', '$100.00', '$15.00', '$85.00', '$17.00'].concat(
          ...['$25.50', '$0.00', '$42.50'],
        ),
        ['globex', 'none yet', '20%', ...Array.from({ length: 7 }, () => '$0.00')],
        ['gone', 'none yet', 'not in the catalog', ...Array.from({ length: 7 }, () => '$0.00')],
      ],
    ]),
  );
});

test('one vendor is told month by month, with Stripe’s ids and what Stripe asks for', async () => {
  const text = vendorText(await readVendor(deps, 'acme'));
  expect(text).toMatch(/Stripe account +acct_1\n/);
  expect(text).toMatch(/Stripe asks for +external_account\n/);
  expect(text).toMatch(/balance due +\$42\.50\n/);
  expect(text).toMatch(/held back +\$42\.50\n/);
  expect(cells(text)).toEqual(
    expect.arrayContaining([
      ['2026-01', '1000', '$50.00', '$7.50', '$42.50', '$17.00', '$25.50', '$0.00', '$0.00'],
      ['tr_acme_ch_1', '2026-01', 'in_1', 'ch_1', '$42.50'],
      ['trr_acme_1', '2026-01', 'in_1', 'ch_1', '-$17.00'],
    ]),
  );
});

test('the JSON is the statement, with the account', async () => {
  const { vendors } = JSON.parse(JSON.stringify(await readVendors(deps))) as {
    vendors: unknown[];
  };
  expect(vendors[0]).toMatchObject({
    vendor: 'acme',
    feePercent: '15',
    currency: 'usd',
    account: { stripeAccountId: 'acct_1', transfersStatus: 'inactive' },
    months: [{ month: '2026-01' }, { month: '2026-02' }],
    totals: { balanceDueCents: 4_250 },
  });
  expect(vendors[1]).toMatchObject({ vendor: 'globex', account: null, months: [] });
});

test('a vendor without sales says so, and an unknown one is named', async () => {
  expect(vendorText(await readVendor(deps, 'globex'))).toContain('Nothing is sold yet.');
  await expect(readVendor(deps, 'nobody')).rejects.toThrow('There is no vendor "nobody"');
});

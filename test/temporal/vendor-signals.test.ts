/** Payouts that wait for a vendor are told of its account, on a real Temporal. */
import { Client, Connection } from '@temporalio/client';
import type { Pool } from 'pg';
import { insertVendor } from '../../src/db/vendors';
import { createPool } from '../../src/db/pool';
import { payoutsWaitingFor } from '../../src/db/payouts-waiting';
import { createVendorSignal } from '../../src/temporal/vendor-signals';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
let connection: Connection;
let temporal: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS });
  temporal = new Client({ connection });
  for (const vendor of ['acme', 'globex'])
    await insertVendor(pool, { vendor, email: 'a@b.example', name: null, country: 'US' });
});
afterAll(async () => {
  await connection.close();
  await pool.end();
  await database.drop();
});
beforeEach(() => pool.query('truncate vendor_entries'));

const run = `${process.pid}-${Date.now()}`;
interface Entry {
  readonly vendor?: string;
  readonly charge: string;
  readonly invoice?: string;
  readonly earned?: number;
  readonly moved?: number;
}
async function book({ vendor = 'acme', charge, invoice, earned = 0, moved = 0 }: Entry) {
  await pool.query(
    `insert into vendor_entries (key, vendor, charge_id, invoice_id, customer, kind, earned_cents,
                                 moved_cents, period_start, period_end, release_at)
     values (gen_random_uuid()::text, $1, $2, $3, 'ada', 'share', $4, $5, now(), now(), now())`,
    [vendor, charge, invoice ?? null, earned, moved],
  );
}

test('a payout waits while what was moved of a charge is not what was earned', async () => {
  await book({ charge: 'ch_1', invoice: 'in_1', earned: 850 });
  await book({ charge: 'ch_2', invoice: 'in_2', earned: 850 });
  await book({ charge: 'ch_2', invoice: 'in_2', moved: 850 });
  await book({ charge: 'ch_3', invoice: 'in_3', moved: 850 });
  await book({ charge: 'ch_sale', earned: 10 });
  await book({ vendor: 'globex', charge: 'ch_4', invoice: 'in_4', earned: 5 });
  expect(await payoutsWaitingFor(pool, 'acme')).toEqual(['ch_sale', 'in_1', 'in_3']);
});

test('an invoice that two charges paid is one payout', async () => {
  await book({ charge: 'ch_1', invoice: 'in_1', earned: 850 });
  await book({ charge: 'ch_2', invoice: 'in_1', earned: 150 });
  expect(await payoutsWaitingFor(pool, 'acme')).toEqual(['in_1']);
});

test('those that run are told, and one that runs no more is none', async () => {
  const waiting = `in_${run}`;
  await book({ charge: 'ch_0', invoice: `in_0_ended_${run}`, earned: 1 });
  await book({ charge: 'ch_1', invoice: waiting, earned: 1 });
  const payout = await temporal.workflow.start('payout', {
    workflowId: `payout:${waiting}`,
    taskQueue: 'nobody-works-here',
  });
  await createVendorSignal({ pool, temporal })('acme');
  const { events } = await payout.fetchHistory();
  const signals = (events ?? []).flatMap(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
  );
  expect(signals).toEqual(['payoutChanged']);
  await payout.terminate('test is over');
});

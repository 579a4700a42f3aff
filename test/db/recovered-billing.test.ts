/** Goal: a run that was begun again hears of every charge that the lost one was told of. */
import type { Pool } from 'pg';
import { earningsToBook } from '../../src/core/vendors/vendor-books';
import { createPool } from '../../src/db/pool';
import { readRecoveredBilling } from '../../src/db/recovered-billing';
import { bookEntries } from '../../src/db/vendor-entries';
import { aState } from '../support/builders/builders';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { aSale } from '../support/vendors/payouts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

interface Told {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly stripeCustomerId?: string;
  readonly chargeId?: string;
  readonly hoursAgo?: number;
}

const tell = ({ id, type, objectId, stripeCustomerId, chargeId, hoursAgo = 0 }: Told) =>
  pool.query(
    `insert into stripe_events
       (id, type, object_id, stripe_customer_id, created, payload, status, settled_at)
     values ($1, $2, $3, $4, now(), $5, 'forwarded', now() - make_interval(hours => $6))`,
    [
      ...[id, type, objectId, stripeCustomerId ?? null],
      JSON.stringify({ data: { object: { charge: chargeId } } }),
      hoursAgo,
    ],
  );

test('a refund, and a dispute of what a vendor sold, since the snapshot; others are followed', async () => {
  const sale = aSale();
  const { customer } = sale;
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id)
     values ($1, 'ada@example.com', 'starter', 'cus_ada')`,
    [customer],
  );
  await pool.query(
    `insert into billing_snapshots (customer, state, taken_at)
     values ($1, $2, now() - interval '2 hours')`,
    [customer, JSON.stringify(aState({ customer }))],
  );
  const { chargeId } = sale.charge;
  await bookEntries(pool, { vendor: 'acme', chargeId }, (booked) =>
    earningsToBook(booked, 'acme', sale),
  );
  const of = { stripeCustomerId: 'cus_ada' };
  await tell({ id: 'evt_1', type: 'charge.refunded', objectId: 'ch_old', ...of, hoursAgo: 5 });
  await tell({ id: 'evt_2', type: 'charge.refunded', objectId: 'ch_1', ...of, hoursAgo: 1 });
  await tell({ id: 'evt_3', type: 'charge.dispute.created', objectId: 'dp_1', chargeId });
  await tell({
    id: 'evt_4',
    type: 'charge.refunded',
    objectId: 'ch_2',
    stripeCustomerId: 'cus_bo',
  });
  const { past } = await readRecoveredBilling(pool, customer);
  expect(past?.charges).toEqual(['ch_1', 'dp_1']);
});

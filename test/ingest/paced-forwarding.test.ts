/** Goal: all workers together send usage on no faster than the machine does with it. */
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { claimCustomers } from '../../src/db/usage-forwarding';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

/** It is longer than what any test takes; two of them may come together. */
const SPACING_MS = 10_000;

let database: TestDatabase;
let pool: Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** Each has usage that waits; c1 has been due for longest. */
const addDue = (customers: number) =>
  pool.query(
    `with due as (
       insert into customers (customer, email, plan, subscription_id)
       select 'c' || n, '', 'pro', 's' || n from generate_series(1, $1::int) as n
       returning customer)
     insert into usage_forwarding (customer, last_sequence, next_forward_at)
     select customer, 1, now() - make_interval(hours => 99 - substr(customer, 2)::int) from due`,
    [customers],
  );

const claim = async (spacingMs: number): Promise<string[]> =>
  (await claimCustomers(pool, 'worker', 20, spacingMs)).map(({ customer }) => customer).sort();

/** As if so many spacings had passed. */
const later = (spacings: number) =>
  pool.query(
    `update report_pace set claimed_until = claimed_until - make_interval(secs => $1::float8 / 1000)`,
    [spacings * SPACING_MS],
  );

test('one customer follows the other, who has been due for longest first', async () => {
  await addDue(9);
  expect(await claim(SPACING_MS)).toEqual(['c1', 'c2']);
  expect(await claim(SPACING_MS)).toEqual([]);
  await later(1);
  expect(await claim(SPACING_MS)).toEqual(['c3']);
});

test('what nobody took of the pace is not saved for long', async () => {
  await addDue(9);
  await claim(SPACING_MS);
  await later(1_000);
  expect(await claim(SPACING_MS)).toEqual(['c3', 'c4']);
});

test('a second of a quick pace goes together, and is used up by it', async () => {
  await addDue(15);
  const { rows: before } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
  expect(await claim(125)).toHaveLength(8);
  const { rows } = await pool.query<{ until: Date }>(
    'select claimed_until as until from report_pace',
  );
  expect(rows[0]?.until.getTime()).toBeGreaterThanOrEqual(before[0]?.now.getTime() ?? Infinity);
});

test('what workers took at the same moment is made up for before anybody takes more', async () => {
  await addDue(9);
  const taken = (await Promise.all([1, 2, 3].map(() => claim(SPACING_MS)))).flat();
  expect(new Set(taken).size).toBe(taken.length);
  await later(taken.length - 2);
  expect(await claim(SPACING_MS)).toEqual([]);
  await later(1);
  expect(await claim(SPACING_MS)).toHaveLength(1);
});

test('a clock that was set back stops nobody', async () => {
  await addDue(9);
  await pool.query(`update report_pace set claimed_until = now() + interval '1 hour'`);
  expect(await claim(SPACING_MS)).toEqual(['c1', 'c2']);
  await later(1);
  expect(await claim(SPACING_MS)).toEqual(['c3']);
});

test('without a pace all go who are due', async () => {
  await addDue(9);
  expect(await claim(0)).toHaveLength(9);
});

test('where nobody is due nothing is written', async () => {
  await claim(SPACING_MS);
  const { rows } = await pool.query('select claimed_until as "claimedUntil" from report_pace');
  expect(rows).toEqual([{ claimedUntil: null }]);
});

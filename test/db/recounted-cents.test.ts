/** Goal: a period that is counted again has of each grant what no other period has used of it. */
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { recountedCents } from '../../src/db/recounted-cents';
import { insertUsageEvents } from '../../src/db/usage-events';
import { drainLedger } from '../../src/ingest/sealing';
import { aStatement, FEBRUARY, JANUARY, MARCH, someTerms } from '../support/builders/builders';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { aRow } from '../support/builders/ledger';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  await pool.query(
    `insert into customers (customer, email, plan) values ('ada', 'a@example.com', 'starter')`,
  );
  await pool.query(
    `insert into token_grants (customer, id, tokens, since, reason)
     values ('ada', 'welcome', 50000, to_timestamp($1), 'a test')`,
    [JANUARY],
  );
  await use('2026-02-10T12:00:00.000Z');
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

/** 50,000 tokens over Starter's allowance: $0.15 beside $29.00. */
async function use(occurredAt: string): Promise<void> {
  const tokens = { input: 150_000, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  await insertUsageEvents(pool, [aRow(occurredAt, { tokens, occurredAt })]);
  await drainLedger(pool, 'ada');
}

async function record(start: number, end: number, grantTokens: number, isArchived: boolean) {
  const grantUses = { welcome: grantTokens };
  const statement = aStatement({ periodStart: start, periodEnd: end, grantUses });
  await pool.query(
    `insert into billing_periods (customer, period_start, period_end, plan, terms, status,
                                  statement, archived_at)
     values ('ada', to_timestamp($1), to_timestamp($2), 'starter', $3, 'open', $4, $5)`,
    [start, end, someTerms(), statement, isArchived ? new Date() : null],
  );
}

const cents = (start: number, end: number) => {
  const span = { start: new Date(start * 1000), end: new Date(end * 1000) };
  return recountedCents(pool, 'ada', span, someTerms(), () => undefined);
};

test('what an unpaid period before it has used of a grant is used', async () => {
  await record(JANUARY, FEBRUARY, 50_000, false);
  await record(FEBRUARY, MARCH, 0, false);
  expect(await cents(FEBRUARY, MARCH)).toBe(2915);
});

test('a paid period that is looked at again has what it used itself', async () => {
  await record(JANUARY, FEBRUARY, 0, true);
  await record(FEBRUARY, MARCH, 50_000, true);
  expect(await cents(FEBRUARY, MARCH)).toBe(2900);
});

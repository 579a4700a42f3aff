/** Goal: usage that no batch can hold stops nobody else's: it is set aside, told, and kept. */
import type { Pool } from 'pg';
import { databaseChecks } from '../../src/cli/doctor/database';
import { inLedgerSnapshot, proveBatches } from '../../src/db/ledger-proof';
import { createPool } from '../../src/db/pool';
import { readBatches } from '../../src/db/usage-batches';
import { insertUsageEvents } from '../../src/db/usage-events';
import { listQuarantined } from '../../src/db/usage-quarantine';
import { readDailyUsage, sumLedger } from '../../src/db/usage-reports';
import { drainLedger, sealOnce } from '../../src/ingest/sealing';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { eventually } from '../support/stack/eventually';
import { aRow } from '../support/builders/ledger';

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

const FAR_AWAY = 4_000_000_000;
const usage = (id: string, customer: string, input = 10) =>
  aRow(id, { customer, tokens: { input, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 } });

/** As nobody can send it: written to the table by hand, or by a release that took it. */
const poison = (id: string, change: string, customer = 'ada') =>
  pool.query(`update usage_events set ${change} where customer = $2 and id = $1`, [id, customer]);

const tokensOf = async (customer: string): Promise<number> =>
  (await readBatches(pool, customer, 1, 1_000))
    .flatMap(({ lines }) => lines)
    .reduce((sum, { tokens }) => sum + tokens, 0);

test.each([
  ['a time that is none', `occurred_at = 'infinity'`, 1],
  ['a count that a sum can’t hold', 'input = 9223372036854775807, output = 10', 1],
])('%s: everybody else is sealed, and so is the rest of the customer’s', async (_what, change) => {
  await insertUsageEvents(pool, [
    ...[usage('a1', 'ada'), usage('a2', 'ada'), usage('a3', 'ada')],
    ...[usage('b1', 'bob'), usage('c1', 'cyd')],
  ]);
  await poison('a2', change);
  const drained = await Promise.all(['ada', 'bob', 'cyd'].map((one) => drainLedger(pool, one)));
  expect(drained).toEqual([1, 1, 1]);
  expect(await Promise.all(['ada', 'bob', 'cyd'].map(tokensOf))).toEqual([20, 10, 10]);
  expect(await listQuarantined(pool)).toEqual([
    {
      customer: 'ada',
      events: 1,
      firstId: 'a2',
      reason: expect.stringMatching(/^SQLSTATE (22|0A)/),
    },
  ]);
});

test('of events that only together can’t be held, the last ones are set aside', async () => {
  const huge = 5_000_000_000_000_000_000n;
  await insertUsageEvents(
    pool,
    ['h1', 'h2', 'h3'].map((id) => usage(id, 'huge')),
  );
  await insertUsageEvents(pool, [usage('b1', 'bob')]);
  await poison('h1', `input = ${huge}`, 'huge');
  await poison('h2', `input = ${huge}`, 'huge');
  await drainLedger(pool, 'bob');
  expect(await tokensOf('bob')).toBe(10);
  expect(await listQuarantined(pool)).toMatchObject([{ customer: 'huge', firstId: 'h2' }]);
});

test('of two customers’ events of one id only the one that can’t be held is set aside', async () => {
  const customers = ['ada', 'bob', 'cyd'];
  await insertUsageEvents(
    pool,
    customers.flatMap((one) => [usage('1', one), usage('2', one)]),
  );
  await poison('1', `occurred_at = 'infinity'`, 'bob');
  await drainLedger(pool, 'ada');
  expect(await Promise.all(customers.map(tokensOf))).toEqual([20, 10, 20]);
  expect(await listQuarantined(pool)).toMatchObject([{ customer: 'bob', events: 1, firstId: '1' }]);
  const sums = async () =>
    Promise.all(customers.map(async (one) => (await sumLedger(pool, one, 0, FAR_AWAY)).usedTokens));
  await pool.query('update usage_quarantine set settled_at = now()');
  expect(await sums()).toEqual([20, 10, 20]);
});

test('usage that comes later is sealed as ever, and a pass without trouble sets nothing aside', async () => {
  await insertUsageEvents(pool, [usage('a1', 'ada'), usage('a2', 'ada')]);
  await poison('a1', `occurred_at = 'infinity'`);
  // Another database's transaction may hold the horizon back for a moment.
  const { quarantined } = await eventually(
    () => sealOnce(pool),
    (pass) => pass.quarantined !== undefined,
  );
  expect(quarantined).toEqual([{ customer: 'ada', id: 'a1' }]);
  await insertUsageEvents(pool, [usage('a3', 'ada')]);
  await drainLedger(pool, 'ada');
  expect(await tokensOf('ada')).toBe(20);
  expect((await sealOnce(pool)).quarantined).toBeUndefined();
});

test('the ledger counts what was set aside, so that its invoice is held, until it is settled', async () => {
  await insertUsageEvents(pool, [usage('a1', 'ada', 1_000), usage('a2', 'ada')]);
  await poison('a1', 'output = 9223372036854775807');
  await drainLedger(pool, 'ada');
  const sum = async () => (await sumLedger(pool, 'ada', 0, FAR_AWAY)).usedTokens;
  expect(await sum()).toBeGreaterThan(1_000);
  await pool.query('update usage_quarantine set settled_at = now()');
  expect(await sum()).toBe(10);
  expect(await listQuarantined(pool)).toEqual([]);
});

test('the doctor names the customer, and says what to do', async () => {
  const look = databaseChecks(pool).find(({ name }) => name === 'the quarantine');
  expect(await look?.look()).toEqual([]);
  await insertUsageEvents(pool, [usage('a1', 'ada')]);
  await poison('a1', `occurred_at = 'infinity'`);
  await drainLedger(pool, 'ada');
  expect(await look?.look()).toMatchObject([
    { of: 'ada', what: expect.stringContaining('first is a1') },
  ]);
});

test('what was set aside is in no figure of the customer’s page, on whichever day', async () => {
  const [edge, whole] = ['2026-01-01T13:00:00.000Z', '2026-01-10T12:00:00.000Z'];
  for (const [day, occurredAt] of Object.entries({ edge, whole })) {
    await insertUsageEvents(pool, [
      { ...usage(`${day}-good`, 'ada'), occurredAt },
      { ...usage(`${day}-bad`, 'ada', 1_000), occurredAt },
    ]);
    await poison(`${day}-bad`, 'output = 9223372036854775807');
  }
  await drainLedger(pool, 'ada');
  const [noon, february] = [Date.UTC(2026, 0, 1, 12) / 1000, Date.UTC(2026, 1, 1) / 1000];
  const told = await readDailyUsage(pool, 'ada', noon, february);
  expect(told.map(({ day, tokens }) => [day, tokens])).toEqual([
    ['2026-01-01', 10],
    ['2026-01-10', 10],
  ]);
});

test('once it is settled, the batches sum to the usage events again: invoices can be verified', async () => {
  await insertUsageEvents(pool, [usage('a1', 'ada', 1_000), usage('a2', 'ada')]);
  await poison('a1', 'output = 9223372036854775807');
  await drainLedger(pool, 'ada');
  const faults = async () =>
    inLedgerSnapshot(pool, (client) => proveBatches(client, 'ada', { start: 0, end: FAR_AWAY }));
  expect((await faults()).faultCount).toBeGreaterThan(0);
  await pool.query('update usage_quarantine set settled_at = now()');
  expect(await faults()).toMatchObject({ faultCount: 0, eventTokens: 10, batchTokens: 10 });
});

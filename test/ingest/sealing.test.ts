/** Sealing: every committed usage event is in exactly one batch, whatever runs at the same time. */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { readBatches } from '../../src/db/usage-batches';
import { insertUsageEvents } from '../../src/db/usage-events';
import { readDailyUsage, scanLedger } from '../../src/db/usage-reports';
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

const CUSTOMERS = ['ada', 'bob', 'cyd'];
const FAR_AWAY = 4_000_000_000;

/** Sequences without gaps, and batches, roll-up and ledger with the same sums. */
async function expectAllSealedOnce(): Promise<void> {
  for (const customer of CUSTOMERS) {
    const last = await drainLedger(pool, customer);
    const batches = await readBatches(pool, customer, 1, 1_000_000);
    expect(batches.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: last }, (_, index) => index + 1),
    );
    const ledger = await scanLedger(pool, customer, 0, FAR_AWAY);
    const total = ledger.usedTokens + ledger.vendorTokens;
    const lines = batches.flatMap((batch) => batch.lines);
    expect(lines.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(total);
    const { rows } = await pool.query<{ tokens: string }>(
      'select coalesce(sum(tokens), 0) as tokens from usage_daily where customer = $1',
      [customer],
    );
    expect(Number(rows[0]?.tokens)).toBe(total);
    expect(Math.max(0, ...batches.map((batch) => batch.lines.length))).toBeLessThanOrEqual(500);
  }
}

test('usage that is inserted while sealers run is sealed exactly once', async () => {
  let inserting = true;
  const insert = async (sender: number) => {
    for (let statement = 0; statement < 25; statement += 1) {
      const rows = Array.from({ length: 20 }, (_, index) =>
        aRow(`${sender}-${statement}-${index}`, {
          customer: CUSTOMERS[(sender + index) % 3],
          model: `model-${index % 4}`,
          vendor: index % 5 === 0 ? 'acme' : null,
          tokens: { input: index, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 3 },
          occurredAt: new Date(1_768_000_000_000 + statement * 7_000).toISOString(),
        }),
      );
      await insertUsageEvents(pool, rows);
    }
  };
  const seal = async () => {
    while (inserting) await sealOnce(pool, { rowsMax: 200 });
  };
  const sealers = [seal(), seal()];
  await Promise.all([1, 2, 3, 4].map(insert));
  inserting = false;
  await Promise.all(sealers);
  await expectAllSealedOnce();
});

test('any mix of commits and passes, of any size, seals every token once', async () => {
  const step = fc.oneof(
    fc.record({ seal: fc.integer({ min: 1, max: 7 }) }),
    fc.record({
      insert: fc.array(
        fc.record({
          customer: fc.constantFrom(...CUSTOMERS),
          second: fc.integer({ min: 1_767_225_590, max: 1_767_225_605 }),
          input: fc.constantFrom(0, 1, 999_999_999_999),
          output: fc.integer({ min: 0, max: 9 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  );
  let id = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const next of steps) {
        if ('seal' in next) await sealOnce(pool, { rowsMax: next.seal });
        else
          await insertUsageEvents(
            pool,
            next.insert.map(({ customer, second, input, output }) =>
              aRow(`p${(id += 1)}`, {
                customer,
                tokens: { input, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
                occurredAt: new Date(second * 1000 + 999).toISOString(),
              }),
            ),
          );
      }
      await expectAllSealedOnce();
    }),
    { numRuns: 15 },
  );
});

test('a transaction that is still open is not overtaken, and draining waits for it', async () => {
  const slow = await pool.connect();
  await slow.query('begin');
  await slow.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     values ('slow', 'ada', 'gpt-4o-mini', 5, '2026-01-10T12:00:00Z', '')`,
  );
  await insertUsageEvents(pool, [aRow('fast')]);
  expect((await sealOnce(pool)).events).toBe(0);

  let drained = false;
  const draining = drainLedger(pool, 'ada').finally(() => (drained = true));
  await sealOnce(pool);
  expect(drained).toBe(false);
  await slow.query('commit');
  slow.release();
  await draining;
  const batches = await readBatches(pool, 'ada', 1, 100);
  expect(batches.flatMap(({ lines }) => lines).map(({ tokens }) => tokens)).toEqual([6]);
});

test('a customer with more lines than a batch holds gets consecutive batches', async () => {
  const rows = Array.from({ length: 1_201 }, (_, index) =>
    aRow(`l${index}`, { occurredAt: new Date(1_768_000_000_000 + index * 1000).toISOString() }),
  );
  await insertUsageEvents(pool, rows);
  await drainLedger(pool, 'ada');
  const batches = await readBatches(pool, 'ada', 1, 10_000);
  expect(batches.map(({ sequence, lines }) => [sequence, lines.length])).toEqual([
    [1, 500],
    [2, 500],
    [3, 201],
  ]);
  const seconds = batches.flatMap(({ lines }) => lines.map(({ second }) => second));
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  // The next one always fits, and no more than asked for.
  expect((await readBatches(pool, 'ada', 2, 1)).map(({ sequence }) => sequence)).toEqual([2]);
  expect((await readBatches(pool, 'ada', 1, 1_000)).map(({ sequence }) => sequence)).toEqual([
    1, 2,
  ]);
});

test('two usage events that straddle a period end to the second stay apart', async () => {
  await insertUsageEvents(pool, [
    aRow('before', { occurredAt: '2026-01-31T23:59:59.999Z' }),
    aRow('after', { occurredAt: '2026-02-01T00:00:00.000Z' }),
  ]);
  await drainLedger(pool, 'ada');
  const [batch] = await readBatches(pool, 'ada', 1, 100);
  expect(batch?.lines.map(({ second }) => second)).toEqual([1_769_903_999, 1_769_904_000]);
});

test('a report is the same before and after sealing, for any bounds', async () => {
  const rows = Array.from({ length: 60 }, (_, index) =>
    aRow(`r${index}`, {
      tokens: { input: 2 ** (index % 20), output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
      occurredAt: new Date(1_767_225_600_000 + index * 7_003_000).toISOString(),
    }),
  );
  const bounds = fc.tuple(
    fc.integer({ min: 1_767_225_000, max: 1_767_700_000 }),
    fc.integer({ min: 0, max: 400_000 }),
  );
  const expectReportsToAgree = () =>
    fc.assert(
      fc.asyncProperty(bounds, async ([start, length]) => {
        const daily = await readDailyUsage(pool, 'ada', start, start + length);
        const ledger = await scanLedger(pool, 'ada', start, start + length);
        expect(daily.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(ledger.usedTokens);
      }),
      { numRuns: 40 },
    );
  await insertUsageEvents(pool, rows.slice(0, 40));
  await expectReportsToAgree();
  await eventually(
    () => sealOnce(pool),
    ({ events }) => events === 40,
  );
  await expectReportsToAgree();
  await insertUsageEvents(pool, rows.slice(40));
  await expectReportsToAgree();
});

test('a ledger that was restored into another cluster is refused', async () => {
  await pool.query(`update sealing_state set horizon = '9000000000000'`);
  await expect(sealOnce(pool)).rejects.toThrow('restored from another cluster');
});

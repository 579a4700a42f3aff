/**
 * Goal: what a period's invoice is compared with is each usage event's sum, and reading it costs
 * the days at its edges, however much is between them.
 */
import fc from 'fast-check';
import type { Pool, PoolClient } from 'pg';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import { scanLedger, sumLedger, tokensAround } from '../../src/db/usage-reports';
import { drainLedger, sealOnce } from '../../src/ingest/sealing';
import { aRow } from '../support/builders/ledger';
import {
  aMonth,
  bounds,
  DAY,
  empty,
  MIDNIGHT,
  play,
  rowOf,
  rowsRead,
  steps,
} from '../support/ledger/steps';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

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

/** It has one connection, and `rowsRead` ends it. */
const aPool = () => createPool({ connectionString: database.url, max: 1 });

/** Within minutes of a month's edge one statement waits for the other. */
const MID_MONTH = new Date('2026-01-15T12:00:00Z');
test('the sums of any period are those of its events, whatever is sealed, late or set aside', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 1, maxLength: 8 }),
      fc.array(bounds, { minLength: 1, maxLength: 6 }),
      async (played, periods) => {
        await empty(pool);
        for (const step of played) await play(pool, step);
        for (const [day, second, length] of periods) {
          const start = MIDNIGHT + day * DAY + second;
          for (const customer of ['ada', 'bob'])
            expect(await sumLedger(pool, customer, start, start + length)).toEqual(
              await scanLedger(pool, customer, start, start + length),
            );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('usage of a transaction that sealing has passed over is among them, once', async () => {
  const open = await pool.connect();
  await open.query('begin');
  const early = aRow('early', { occurredAt: '2026-01-10T12:00:00Z' });
  await insertUsageEvents(open as never, [early], MID_MONTH);
  await insertUsageEvents(pool, [aRow('other', { occurredAt: '2026-01-10T12:00:01Z' })], MID_MONTH);
  await pool.query(
    `update sealing_state set horizon = pg_snapshot_xmax(pg_current_snapshot()),
            passed_over = array(select pg_snapshot_xip(pg_current_snapshot()))`,
  );
  await open.query('commit');
  open.release();
  const sums = () => sumLedger(pool, 'ada', MIDNIGHT - DAY, MIDNIGHT + 2 * DAY);
  // The other one was passed as well, and is in no roll-up here.
  expect((await sums()).usedTokens).toBe(1);
  await pool.query(`update sealing_state set passed_over = '{}'`);
  expect((await sums()).usedTokens).toBe(0);
});

/** Sealing goes on as soon as somebody has read how far it is. */
function sealingMeanwhile<Db extends Pool | PoolClient>(db: Db): Db {
  const query = async (...words: [string, unknown[]?]) => {
    const result = await db.query(...words);
    if (words[0].includes('from sealing_state')) await drainLedger(pool, 'ada');
    return result;
  };
  const connect = async () => sealingMeanwhile((await db.connect()) as unknown as PoolClient);
  const release = 'release' in db ? db.release.bind(db) : undefined;
  return { query, connect, release } as unknown as Db;
}

test('what is sealed while it is summed counts once', async () => {
  const occurredAt = new Date(MIDNIGHT * 1000).toISOString();
  const call = { customer: 'ada', model: 'gpt-4o', vendor: null, input: 5, reasoning: 7 } as const;
  await insertUsageEvents(pool, [rowOf({ ...call, occurredAt })]);
  expect(await tokensAround(sealingMeanwhile(pool), 'ada', occurredAt, occurredAt)).toBe(12);
});

test('a month of a hundred thousand events is summed from its days, and the two at its edges', async () => {
  const events = 100_000;
  await aMonth(pool, events);
  const [start, end] = [Date.UTC(2026, 0, 1, 10) / 1000, Date.UTC(2026, 1, 1, 10) / 1000];
  expect((await sumLedger(pool, 'ada', start, end)).usedTokens).toBe(events);
  const read = await rowsRead((one) => sumLedger(one, 'ada', start, end), aPool());
  // The two edges are a day together.
  expect(read).toBeLessThanOrEqual(events / 31 + 2);
  expect(await rowsRead((one) => scanLedger(one, 'ada', start, end), aPool())).toBe(events);
  await sealOnce(pool);
});

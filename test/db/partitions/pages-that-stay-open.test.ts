/**
 * Goal: a page that is open shows each day of its period as the usage events have it, and does not
 * read the days at the period's edges again at each look.
 */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { createPool } from '../../../src/db/pool';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { readDailyUsage } from '../../../src/db/usage-reports';
import { drainLedger } from '../../../src/ingest/sealing';
import { aRow } from '../../support/builders/ledger';
import {
  aMonth,
  bounds,
  DAY,
  empty,
  MIDNIGHT,
  play,
  rowsRead,
  steps,
} from '../../support/ledger/steps';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';

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

/** Within minutes of a month's edge one statement waits for the other. */
const MID_MONTH = new Date('2026-01-15T12:00:00Z');

/** Each day's sums by its events, of which none that is set aside is shown. */
async function daysByEvents(customer: string, start: number, end: number) {
  const { rows } = await pool.query(
    `select to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD') as day, model,
            token_type as "tokenType", coalesce(vendor, '') as vendor, sum(tokens)::float8 as tokens
       from usage_events
      cross join lateral (values ('input', input), ('output', output), ('reasoning', reasoning))
            as type (token_type, tokens)
      where customer = $1 and tokens > 0 and extract(epoch from occurred_at) >= $2
        and extract(epoch from occurred_at) < $3
        and id not in (select id from usage_quarantine)
      group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [customer, start, end],
  );
  return rows;
}

const periods = fc.array(bounds, { minLength: 1, maxLength: 4 });

test('a page that is looked at again and again shows the days as their events have them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 1, maxLength: 10 }),
      periods,
      async (played, of) => {
        await empty(pool);
        // What another process has read is nothing to this one.
        const page = createPool({ connectionString: database.url, max: 1 });
        try {
          for (const step of played) {
            await play(pool, step);
            for (const [day, second, length] of of) {
              const start = MIDNIGHT + day * DAY + second;
              const days = await readDailyUsage(page, 'ada', start, start + length);
              const shown = days.map((cell) => ({ ...cell, vendor: cell.vendor ?? '' }));
              expect(shown).toEqual(await daysByEvents('ada', start, start + length));
            }
          }
        } finally {
          await page.end();
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a page that is open reads the days at the edges of its month once', async () => {
  await aMonth(pool, 10_000);
  await pool.query(`insert into usage_forwarding (customer, last_sequence) values ('ada', 0)`);
  const [start, end] = [Date.UTC(2026, 0, 1, 10) / 1000, Date.UTC(2026, 1, 1, 10) / 1000];
  const page = createPool({ connectionString: database.url, max: 1 });
  const look = async (): Promise<number> => {
    const days = await readDailyUsage(page, 'ada', start, end);
    return days.reduce((sum, { tokens }) => sum + tokens, 0);
  };
  const before = await look();
  const late = aRow('late', { occurredAt: '2026-01-01T12:00:00Z' });
  await insertUsageEvents(pool, [late], MID_MONTH);
  await drainLedger(pool, 'ada');
  const read = await rowsRead(async () => {
    expect(await look()).toBe(
      before + Object.values(late.tokens).reduce((sum, count) => sum + count),
    );
  }, page);
  expect(read).toBeLessThanOrEqual(2);
});

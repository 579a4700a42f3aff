/** Goal: the more customers use something all the time, the less often each is counted. */
import type { Pool } from 'pg';
import { pino } from 'pino';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import { createForwarder } from '../../src/ingest/forwarder';
import { drainLedger } from '../../src/ingest/sealing';
import { aRow } from '../support/builders/ledger';
import { createReportPace } from '../../src/ingest/pipeline';
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

/** Their last signal was so long ago, but for the interval after it. */
const sentTo = (customers: number, ago: string) =>
  pool.query(
    `insert into usage_forwarding (customer, next_forward_at)
     select $1 || n, now() - $1::interval from generate_series(1, $2::int) as n`,
    [ago, customers],
  );

const config = { FORWARD_INTERVAL_MS: 250, STRIPE_METER_EVENTS_PER_SECOND: 500 };

test('two thousand busy customers are sent usage every twelve seconds, and idle ones don’t count', async () => {
  const pace = createReportPace(pool, config);
  expect(pace.intervalMs()).toBe(1_000);
  await sentTo(5_000, '3 minutes');
  await pace.look();
  expect(pace.intervalMs()).toBe(1_000);
  await sentTo(1_999, '1 minute');
  await sentTo(1, '-30 seconds');
  await pace.look();
  expect(pace.intervalMs()).toBe(12_000);
});

test('once they are fewer, each is counted more often again', async () => {
  const pace = createReportPace(pool, config);
  await sentTo(2_000, '1 minute');
  await pace.look();
  await pool.query('truncate usage_forwarding');
  await pace.look();
  expect(pace.intervalMs()).toBe(1_000);
});

/** Seconds from a signal to ada until the next may follow. */
async function waitOfAda(reportIntervalMs: () => number): Promise<number> {
  const forwarder = createForwarder({
    ...{ pool, log: pino({ level: 'silent' }), signals: { signalUsage: async () => undefined } },
    ...{ intervalMs: config.FORWARD_INTERVAL_MS, reportIntervalMs },
  });
  await insertUsageEvents(pool, [aRow(`u${(ids += 1)}`)]);
  await drainLedger(pool, 'ada');
  await forwarder.forwardDue();
  await forwarder.untilIdle();
  const { rows } = await pool.query<{ wait: number }>(
    `select extract(epoch from next_forward_at - clock_timestamp())::float8 as wait
       from usage_forwarding where customer = 'ada'`,
  );
  return rows[0]?.wait ?? 0;
}
let ids = 0;

test('who uses something all the time waits with all the others, and who has paused goes at once', async () => {
  const pace = createReportPace(pool, config);
  await pool.query(
    `insert into customers (customer, email, plan, subscription_id) values ('ada', '', 'pro', 's')`,
  );
  await sentTo(5_000, '1 minute');
  await pace.look();
  // It is the first of ada's for a long time.
  expect(await waitOfAda(pace.intervalMs)).toBeLessThan(1);
  await pool.query(`update usage_forwarding set next_forward_at = now() where customer = 'ada'`);
  expect(await waitOfAda(pace.intervalMs)).toBeGreaterThan(25);
});

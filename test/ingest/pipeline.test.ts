/** Goal: the more customers use something all the time, the less often each is counted. */
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createPool } from '../../src/db/pool';
import { insertUsageEvents } from '../../src/db/usage-events';
import { createForwarder } from '../../src/ingest/forwarder';
import { drainLedger } from '../../src/ingest/sealing';
import { aRow } from '../support/builders/ledger';
import { createReportPace } from '../../src/ingest/pipeline';
import { readReportPace } from '../../src/db/report-pace';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  await pool.query('update report_pace set ms_per_customer = 0');
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

/** A worker whose usage waits in Temporal for so long. */
const paceOf = (waitMs?: number, warn: (facts: object) => void = () => undefined) =>
  createReportPace({
    ...{ pool, config, log: { warn } as unknown as Logger },
    takeReportWaitMs: () => waitMs,
  });

test('two thousand busy customers are sent usage every twelve seconds, and idle ones don’t count', async () => {
  const pace = paceOf();
  expect(pace.inForce().intervalMs).toBe(1_000);
  await sentTo(5_000, '3 minutes');
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(1_000);
  await sentTo(1_999, '1 minute');
  await sentTo(1, '-30 seconds');
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(12_000);
});

test('once they are fewer, each is counted more often again', async () => {
  const pace = paceOf();
  await sentTo(2_000, '1 minute');
  await pace.look();
  await pool.query('truncate usage_forwarding');
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(1_000);
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
  const pace = paceOf();
  await pool.query(
    `insert into customers (customer, email, plan, subscription_id) values ('ada', '', 'pro', 's')`,
  );
  await sentTo(5_000, '1 minute');
  await pace.look();
  // It is the first of ada's for a long time.
  expect(await waitOfAda(() => pace.inForce().askedMs)).toBeLessThan(1);
  await pool.query(`update usage_forwarding set next_forward_at = now() where customer = 'ada'`);
  expect(await waitOfAda(() => pace.inForce().askedMs)).toBeGreaterThan(25);
});

test('a machine that nobody has measured is taken for a small one', async () => {
  await pool.query('update report_pace set ms_per_customer = default');
  await sentTo(1_000, '1 minute');
  const pace = paceOf();
  await pace.look();
  expect(pace.inForce()).toEqual({ spacingMs: 40, intervalMs: 40_000, askedMs: 6_000 });
});

/** The time that a decision has to show is over. */
const later = () =>
  pool.query(`update report_pace set decided_at = now() - interval '1 hour', waited_at = null`);

test('where reports wait for a worker each is counted less often, and the operator is told once', async () => {
  const warnings: object[] = [];
  const pace = paceOf(10_000, (facts) => warnings.push(facts));
  await sentTo(100, '1 minute');
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(3_000);
  await pace.look();
  // What was decided has not shown yet.
  expect(pace.inForce().intervalMs).toBe(3_000);
  await later();
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(9_000);
  expect(pace.inForce().spacingMs).toBe(90);
  expect(warnings).toEqual([{ busyCustomers: 100, intervalMs: 3_000, askedMs: 1_000 }]);
});

test('reports that wait less and less are given their time', async () => {
  await sentTo(100, '1 minute');
  await paceOf(10_000).look();
  await later();
  const pace = paceOf(4_600);
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(3_000);
  await later();
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(6_000);
});

test('where reports waited is known to each worker, and a fifth above it is kept', async () => {
  await sentTo(100, '1 minute');
  await paceOf(10_000).look();
  const otherPace = paceOf(300);
  for (const intervalMs of [1_500, 1_165]) {
    await later();
    await otherPace.look();
    expect(otherPace.inForce().intervalMs).toBe(intervalMs);
  }
});

test('once reports wait no more, each is counted as often as before', async () => {
  await sentTo(100, '1 minute');
  await paceOf(10_000).look();
  const pace = paceOf(100);
  for (let looks = 0; looks < 5; looks += 1) {
    await later();
    await pace.look();
  }
  expect(pace.inForce().intervalMs).toBe(1_000);
});

test('workers that see nothing have the pace of the one that sees reports wait', async () => {
  await sentTo(100, '1 minute');
  const [idlePace, otherPace] = [paceOf(), paceOf(200)];
  await paceOf(10_000).look();
  for (const pace of [idlePace, otherPace]) {
    await pace.look();
    expect(pace.inForce().intervalMs).toBe(3_000);
  }
  // A worker that is quicker does not have the others wait for longer.
  await pool.query(`update report_pace set decided_at = null`);
  await otherPace.look();
  expect(otherPace.inForce().intervalMs).toBe(9_000);
});

test('a customer who is due for minutes, since all are, still is one of the busy', async () => {
  await sentTo(2_000, '10 minutes');
  await pool.query('update usage_forwarding set last_sequence = 1');
  const pace = paceOf();
  await pace.look();
  expect(pace.inForce().intervalMs).toBe(12_000);
});

test('the pace is told to who operates it', async () => {
  await sentTo(1_000, '1 minute');
  await paceOf(2_600).look();
  expect(await readReportPace(pool)).toEqual({
    ...{ intervalSeconds: 9, askedSeconds: 6, waitSeconds: 2.6 },
  });
});

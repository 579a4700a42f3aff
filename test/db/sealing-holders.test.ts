/** Whoever really stops sealing, by a lock on what a pass writes, is named, and how to end it. */
import { Client } from 'pg';
import type { Pool } from 'pg';
import { Registry } from 'prom-client';
import { databaseChecks } from '../../src/cli/doctor/database';
import { createPool } from '../../src/db/pool';
import { endingOf, readSealingHolders } from '../../src/db/sealing-holders';
import { tryLockSealing } from '../../src/db/sealing-state';
import { insertUsageEvents } from '../../src/db/usage-events';
import { drainLedger, sealOnce } from '../../src/ingest/sealing';
import { watchSealing } from '../../src/ingest/sealing-watch';
import { registerSealingHolders } from '../../src/metrics/sealing-metrics';
import { aRow } from '../support/builders/ledger';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { eventually } from '../support/stack/eventually';

let database: TestDatabase;
let pool: Pool;
let other: Client;

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  other = new Client({ connectionString: database.url, application_name: 'nightly-etl' });
  await other.connect();
  await insertUsageEvents(pool, [aRow('one')]);
  await drainLedger(pool, 'ada');
  await other.query('begin');
});

afterEach(async () => {
  await other.end();
  await pool.end();
  await database.drop();
});

const ETL = { applicationName: 'nightly-etl', state: 'idle in transaction', preparedAs: null };

/** A pass that waits for the other session; it ends as that does. */
async function heldUp<T>(work: () => Promise<T>): Promise<T> {
  await insertUsageEvents(pool, [aRow('two')]);
  // The other is not waited for as a transaction, but its lock is.
  const pass = sealOnce(pool, { waitedBelow: String(2n ** 62n) });
  try {
    await eventually(
      () => readSealingHolders(pool),
      ({ holders }) => holders.some(({ applicationName }) => applicationName !== 'tollkeeper'),
    );
    return await work();
  } finally {
    await other.query('rollback').catch(() => undefined);
    await pass;
  }
}

test('a session whose lock a pass waits for is named, without what is written in its statement', async () => {
  await other.query(
    `update usage_forwarding set lease_owner = 'secret of mine' where customer = 'ada'`,
  );
  const { holders, passSeconds } = await heldUp(() => readSealingHolders(pool));
  expect(holders).toEqual([
    {
      ...ETL,
      pid: expect.any(Number),
      database: new URL(database.url).pathname.slice(1),
      user: expect.any(String),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      statement: 'update usage_forwarding set lease_owner = ? where customer = ?',
      isPass: false,
    },
  ]);
  expect(passSeconds).toBeGreaterThan(0);
  expect((await readSealingHolders(pool)).holders).toEqual([]);
});

test('the log of the worker, the metric and the doctor say who it is, and the statement that ends it does', async () => {
  await other.query('lock table usage_daily in share mode');
  await pool.query(`update usage_events set recorded_at = now() - interval '2 minutes'`);
  const lines: string[] = [];
  const registry = new Registry();
  registerSealingHolders(pool, [registry], 0);
  const findings = databaseChecks(pool).find(({ name }) => name === 'sealing and forwarding');
  other.on('error', () => undefined);
  await heldUp(async () => {
    await pool.query(`update usage_events set recorded_at = now() - interval '2 minutes'`);
    await watchSealing(pool, { warn: (_: object, text: string) => lines.push(text) } as never, 0);
    expect(await registry.metrics()).toMatch(
      /held_up_seconds\{pid="\d+",user="\w+",application="nightly-etl"\} [0-9.]+/,
    );
    const [finding] = (await findings?.look()) ?? [];
    expect(finding?.what).toContain('(nightly-etl, idle in transaction)');
    expect(finding?.remedy).toMatch(/select pg_terminate_backend\(\d+\)/);
    const [holder] = (await readSealingHolders(pool)).holders;
    await pool.query(endingOf(holder as NonNullable<typeof holder>));
  });
  expect(lines).toEqual([expect.stringContaining('sealing is held up by pid')]);
  expect(await drainLedger(pool, 'ada')).toBe(2);
});

test('a prepared transaction in the way is named by its name', async () => {
  await other.query(`update usage_forwarding set lease_owner = 'x' where customer = 'ada'`);
  await other.query(`prepare transaction 'left''over'`);
  const holder = await heldUpByPrepared();
  expect(holder).toMatchObject({ pid: 0, preparedAs: "left'over", state: 'prepared' });
  expect(await drainLedger(pool, 'ada')).toBe(2);
});

async function heldUpByPrepared() {
  await insertUsageEvents(pool, [aRow('two')]);
  const pass = sealOnce(pool, { waitedBelow: String(2n ** 62n) });
  const { holders } = await eventually(
    () => readSealingHolders(pool),
    (seen) => seen.holders.some(({ preparedAs }) => preparedAs !== null),
  );
  const [holder] = holders;
  await pool.query(endingOf(holder as NonNullable<typeof holder>));
  await pass;
  return holder;
}

test('a session with usage of its own that it does not commit is told, though nobody waits for it', async () => {
  await other.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     values ('slow', 'ada', 'gpt-4o-mini', 5, now(), '')`,
  );
  await insertUsageEvents(pool, [aRow('two')]);
  expect(await drainLedger(pool, 'ada', 10)).toBe(2);
  const { holders, passedOver } = await readSealingHolders(pool);
  expect(holders).toEqual([]);
  expect(passedOver).toMatchObject([{ ...ETL, statement: expect.stringContaining('values (?') }]);
});

test('a worker that stands still in the middle of a pass is named, and ended by Postgres in time', async () => {
  expect(await tryLockSealing(other)).toBe(true);
  expect(await readSealingHolders(pool)).toMatchObject({ holders: [ETL] });
  expect((await sealOnce(pool)).sealedBelow).toBeNull();
  const { rows } = await other.query<{ idle: string; lock: string }>(
    `select current_setting('idle_in_transaction_session_timeout') as idle,
            current_setting('lock_timeout') as lock`,
  );
  expect(rows).toEqual([{ idle: '20s', lock: '1min' }]);
});

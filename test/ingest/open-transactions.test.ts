/** Sessions that stay open, ours or somebody else's: what sealing waits for, and for how long. */
import fc from 'fast-check';
import { Client } from 'pg';
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { readPipelineLag } from '../../src/db/pipeline-lag';
import { readBatches } from '../../src/db/usage-batches';
import { readSealingRange } from '../../src/db/sealing-state';
import { readUsageEventPage } from '../../src/db/usage-event-list';
import { insertUsageEvents } from '../../src/db/usage-events';
import { readDailyUsage } from '../../src/db/usage-reports';
import { createSealer, drainLedger, sealOnce } from '../../src/ingest/sealing';
import { aRow } from '../support/builders/ledger';
import { createEmptyDatabase, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { eventually } from '../support/stack/eventually';

let database: TestDatabase;
let pool: Pool;
const sessions: Client[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()));
  await pool.end();
  await database.drop();
});

const WAIT_MS = 50;
const FAR_AWAY = 4_000_000_000;

async function session(url = database.url): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'etl' });
  await client.connect();
  sessions.push(client);
  await client.query('begin');
  return client;
}

const insertIn = (client: Client, id: string, tokens = 5) =>
  client.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     values ($1, 'ada', 'gpt-4o-mini', $2, '2026-01-10T12:00:00Z', '')`,
    [id, tokens],
  );

const batchTokens = async (): Promise<number[]> => {
  const batches = await readBatches(pool, 'ada', 1, 1_000_000);
  return batches.map(({ lines }) => lines.reduce((sum, { tokens }) => sum + tokens, 0));
};

const statuses = async () => {
  const page = await readUsageEventPage(pool, 'ada', {}, { limit: 100 });
  return Object.fromEntries(page.map(({ id, status }) => [id, status]));
};

test('a session that writes elsewhere and stays open keeps nobody’s usage from being sealed', async () => {
  const other = await session();
  await other.query(`create table theirs as select 1`);
  await insertUsageEvents(pool, [aRow('used')]);
  expect(await drainLedger(pool, 'ada', WAIT_MS)).toBe(1);
  await insertUsageEvents(pool, [aRow('used-2')]);
  // It was waited for once, and never again.
  expect((await sealOnce(pool)).events).toBe(1);
  await other.query('rollback');
  await sealOnce(pool);
  expect((await readSealingRange(pool)).passedOver).toEqual([]);
  expect(await batchTokens()).toEqual([1, 1]);
});

test('nor does one of another database of the cluster', async () => {
  const elsewhere = await createEmptyDatabase();
  try {
    const other = await session(elsewhere.url);
    await other.query('create table theirs as select 1');
    await insertUsageEvents(pool, [aRow('used')]);
    expect(await drainLedger(pool, 'ada', WAIT_MS)).toBe(1);
  } finally {
    await sessions.pop()?.end();
    await elsewhere.drop();
  }
});

test('usage of a session that stayed open is sealed once it commits, and only once', async () => {
  const slow = await session();
  await insertIn(slow, 'slow');
  await insertUsageEvents(pool, [aRow('fast')]);
  await drainLedger(pool, 'ada', WAIT_MS);
  expect(await batchTokens()).toEqual([1]);
  await slow.query('commit');
  expect(await statuses()).toEqual({ fast: 'counted', slow: 'waiting' });
  expect((await readPipelineLag(pool)).unsealedEvents).toBe(1);
  const used = async () => (await readDailyUsage(pool, 'ada', 0, FAR_AWAY))[0]?.tokens;
  expect(await used()).toBe(6);
  await drainLedger(pool, 'ada');
  expect(await batchTokens()).toEqual([1, 5]);
  expect(await statuses()).toEqual({ fast: 'counted', slow: 'counted' });
  expect(await used()).toBe(6);
  expect((await readPipelineLag(pool)).unsealedEvents).toBe(0);
  await drainLedger(pool, 'ada');
  expect(await batchTokens()).toEqual([1, 5]);
});

test('a session that has not written to the ledger yet, and does so later, loses nothing', async () => {
  const slow = await session();
  await slow.query('select pg_current_xact_id()');
  await insertUsageEvents(pool, [aRow('fast')]);
  await drainLedger(pool, 'ada', WAIT_MS);
  await insertIn(slow, 'slow');
  await slow.query('commit');
  await drainLedger(pool, 'ada');
  expect(await batchTokens()).toEqual([1, 5]);
});

test('a worker that seals all the time passes over who has been open for as long as it waits', async () => {
  const seal = createSealer(pool, WAIT_MS);
  const slow = await session();
  await insertIn(slow, 'slow');
  await insertUsageEvents(pool, [aRow('fast')]);
  expect((await seal()).events).toBe(0);
  await eventually(seal, ({ events }) => events === 1);
  await insertUsageEvents(pool, [aRow('fast-2')]);
  await eventually(seal, ({ events }) => events === 1);
  expect(await batchTokens()).toEqual([1, 1]);
});

test('a prepared transaction is passed over as well', async () => {
  const other = await session();
  await insertIn(other, 'prepared');
  await other.query(`prepare transaction 'theirs'`);
  await insertUsageEvents(pool, [aRow('used')]);
  await drainLedger(pool, 'ada', WAIT_MS);
  expect(await batchTokens()).toEqual([1]);
  await pool.query(`commit prepared 'theirs'`);
  await drainLedger(pool, 'ada');
  expect(await batchTokens()).toEqual([1, 5]);
});

test('whatever sessions begin, write, commit and give up, each token is sealed once', async () => {
  const step = fc.oneof(
    fc.record({ write: fc.integer({ min: 0, max: 3 }), tokens: fc.integer({ min: 1, max: 999 }) }),
    fc.record({ end: fc.integer({ min: 0, max: 3 }), with: fc.constantFrom('commit', 'rollback') }),
    fc.record({ rowsMax: fc.integer({ min: 1, max: 4 }), isPatient: fc.boolean() }),
  );
  let id = 0;
  const clients = await Promise.all([0, 1, 2, 3].map(() => session()));
  const end = async (index: number, how: string) => {
    await clients[index]?.query(how);
    await clients[index]?.query('begin');
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
      for (const next of steps) {
        if ('write' in next)
          await insertIn(clients[next.write] as Client, `w${(id += 1)}`, next.tokens);
        else if ('end' in next) await end(next.end, next.with);
        else
          await sealOnce(pool, {
            rowsMax: next.rowsMax,
            ...(!next.isPatient && { waitedBelow: String(2n ** 62n) }),
          });
      }
      for (const index of clients.keys()) await end(index, 'commit');
      await drainLedger(pool, 'ada');
      const { rows } = await pool.query<{ same: boolean; once: boolean }>(
        `select (select coalesce(sum(input), 0) from usage_events)
                  = (select coalesce(sum(tokens), 0) from usage_batches) as same,
                (select coalesce(sum(input), 0) from usage_events)
                  = (select coalesce(sum(tokens), 0) from usage_daily) as once`,
      );
      expect(rows[0]).toEqual({ same: true, once: true });
    }),
    { numRuns: 40 },
  );
});

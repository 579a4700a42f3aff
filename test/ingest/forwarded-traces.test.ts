/** Goal: a batch names a few of the requests in it, the latest first, and counts all of them. */
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { readBatches, readTraceparents } from '../../src/db/usage-batches';
import { insertUsageEvents } from '../../src/db/usage-events';
import { drainLedger } from '../../src/ingest/sealing';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
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

const traceOf = (second: number) => `00-${String(second).padStart(32, '0')}-b7ad6b7169203331-01`;
const aTracedRow = (second: number) =>
  aRow(`u${second}`, {
    occurredAt: new Date(1_768_000_000_000 + second * 1_000).toISOString(),
    traceparent: traceOf(second),
  });
const tokensOf = async (customer: string) =>
  (await readBatches(pool, customer, 1, 1_000))
    .flatMap(({ lines }) => lines)
    .reduce((sum, { tokens }) => sum + tokens, 0);

test('of thirty traced requests eight are named, and thirty are counted', async () => {
  const rows = Array.from({ length: 30 }, (_, second) => aTracedRow(second + 1));
  await insertUsageEvents(pool, rows);
  await drainLedger(pool, 'ada');
  const named = await readTraceparents(pool, 'ada', 1, 1);
  expect(named).toEqual([30, 29, 28, 27, 26, 25, 24, 23].map(traceOf));
  expect(await tokensOf('ada')).toBe(30);
});

test('one request with many usage events takes one place', async () => {
  const many = Array.from({ length: 20 }, (_, at) => ({
    ...aTracedRow(at + 2),
    traceparent: traceOf(2),
  }));
  await insertUsageEvents(pool, [...many, aTracedRow(1)]);
  await drainLedger(pool, 'ada');
  expect(await readTraceparents(pool, 'ada', 1, 1)).toEqual([traceOf(2), traceOf(1)]);
});

test('over several batches the latest are named', async () => {
  for (const second of [1, 2, 3]) {
    await insertUsageEvents(pool, [aTracedRow(second)]);
    await drainLedger(pool, 'ada');
  }
  const named = await readTraceparents(pool, 'ada', 2, 3);
  expect(named).toEqual([traceOf(3), traceOf(2)]);
});

test('one traced request among others: it is named, all are counted, nobody else has it', async () => {
  await insertUsageEvents(pool, [aRow('plain'), aTracedRow(1), aRow('bob', { customer: 'bob' })]);
  await drainLedger(pool, 'ada');
  expect(await readTraceparents(pool, 'ada', 1, 1)).toEqual([traceOf(1)]);
  expect(await readTraceparents(pool, 'bob', 1, 1)).toEqual([]);
  expect(await tokensOf('ada')).toBe(2);
});

test('a batch that is read for a workflow has nothing of traces in it', async () => {
  await insertUsageEvents(pool, [aTracedRow(1)]);
  await drainLedger(pool, 'ada');
  const [batch] = await readBatches(pool, 'ada', 1, 1_000);
  expect(Object.keys(batch ?? {}).sort()).toEqual(['lines', 'recordedFrom', 'sequence']);
});

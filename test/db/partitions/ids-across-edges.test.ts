/**
 * Goal: an id counts once although the ledger is divided: whatever the month that its repetition
 * comes in, and whoever sends it at the same moment on the other side of an edge. Method: Postgres'
 * clock and ours are set by the test; random sendings are compared with a ledger in one piece.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { createPool } from '../../../src/db/pool';
import { findConflicts } from '../../../src/db/stored-usage-events';
import { insertUsageEvents, keyText } from '../../../src/db/usage-events';
import { OCCURRED_BEHIND_SECONDS_MAX } from '../../../src/core/usage/usage';
import { aRow } from '../../support/builders/ledger';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';
import { eventually } from '../../support/stack/eventually';

const DAY = 24 * 60 * 60 * 1000;
/** So many are made after the first, which is the whole ledger of before. */
const MONTHS = 14;

let database: TestDatabase;
let pool: Pool;
let edges: readonly number[];
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  await pool.query('select make_usage_partitions($1)', [MONTHS]);
  const { rows } = await pool.query<{ ends: Date }>('select ends from usage_partitions order by 1');
  edges = rows.map(({ ends }) => ends.getTime());
  // The time of recording is the one that the test says, with a tick for each row.
  await pool.query(`create table clock (at timestamptz not null)`);
  await pool.query(`insert into clock values (now())`);
  await pool.query(
    `create function told_time() returns timestamptz language sql volatile
       as 'select at from public.clock'`,
  );
  await pool.query(`alter table usage_events alter recorded_at set default told_time()`);
  await pool.query(
    `create or replace function usage_partition_start(at timestamptz) returns timestamptz
       language sql stable
       as $$ select case when told < '${new Date(edges[0] ?? 0).toISOString()}' then '-infinity'
                         else date_trunc('month', told, 'UTC') end
               from (select told_time() + interval '10 minutes' as told) as now $$`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function sendAt(time: number, id: string, contentHash = '00'): Promise<boolean> {
  const at = new Date(time);
  await pool.query('update clock set at = $1', [at]);
  const row = aRow(id, { contentHash });
  return (await insertUsageEvents(pool, [row], at)) === 'all';
}

const edge = (index: number): number => edges[index] as number;

test.each([
  ['a moment before the edge and a moment after', 1, 1],
  ['just before the edge and half an hour after', 1_000, DAY / 48],
  ['a month apart', 15 * DAY, 16 * DAY],
  ['as far apart as times are accepted', 1_000, OCCURRED_BEHIND_SECONDS_MAX * 1000 - 1_000],
  ['that far apart, from the first day', 30 * DAY, OCCURRED_BEHIND_SECONDS_MAX * 1000 - 30 * DAY],
])('%s: an id counts once, on every edge', async (name, beforeMs, afterMs) => {
  for (let index = 0; index < 12; index += 1) {
    expect(await sendAt(edge(index) - beforeMs, `${name} ${index}`)).toBe(true);
    expect(await sendAt(edge(index) + afterMs, `${name} ${index}`)).toBe(false);
  }
});

test('what it was is known on the other side: a duplicate is told from a conflict', async () => {
  await sendAt(edge(2) - 1, 'known', '07');
  const sentAgain = [aRow('known', { contentHash: '07' }), aRow('known', { contentHash: '08' })];
  expect(await findConflicts(pool, sentAgain)).toEqual(new Set([1]));
});

test('two processes that send at once on both sides of an edge: one of them is first', async () => {
  for (let round = 0; round < 20; round += 1) {
    const at = edge(3);
    await pool.query('update clock set at = $1', [new Date(at - 1)]);
    // The one before the edge has written, and not committed yet, when the other begins.
    const early = await pool.connect();
    await early.query('begin');
    await early.query('select pg_advisory_xact_lock(7306514003)');
    const row = aRow(`both ${round}`);
    const [earlyKeys] = [
      await insertUsageEvents(early as never, [row], new Date(at - 20 * 60_000)),
    ];
    await pool.query('update clock set at = $1', [new Date(at + 1)]);
    const late = insertUsageEvents(pool, [row], new Date(at + 1));
    await eventually(
      async () =>
        (await pool.query(`select from pg_locks where locktype = 'advisory' and not granted`))
          .rowCount,
      (count) => count === 1,
    );
    await early.query('commit');
    early.release();
    expect([earlyKeys, await late]).toEqual(['all', new Set()]);
  }
});

test('many that send the same at once while the edge passes: each id is there once', async () => {
  const at = edge(4);
  for (let round = 0; round < 15; round += 1) {
    await pool.query('update clock set at = $1', [new Date(at - 1)]);
    const rows = Array.from({ length: 20 }, (_, index) => aRow(`r${round} ${index}`));
    const sendings = Array.from({ length: 8 }, () => insertUsageEvents(pool, rows, new Date(at)));
    const passing = pool.query('update clock set at = $1', [new Date(at + 1)]);
    const newKeys = (await Promise.all(sendings)).flatMap((keys) =>
      keys === 'all' ? rows.map(keyText) : [...keys],
    );
    await passing;
    expect(newKeys.sort()).toEqual(rows.map(keyText).sort());
  }
  const { rows } = await pool.query(
    `select count(*)::int as events, count(distinct id)::int as ids
       from usage_events where id like 'r%'`,
  );
  expect(rows).toEqual([{ events: 300, ids: 300 }]);
});

test('whatever is sent when, the ledger has each id that it would have in one piece', async () => {
  const sending = fc.record({
    id: fc.constantFrom('1', '2', '3', '4'),
    // Steps of minutes, days and weeks, so that months and their edges are met.
    stepMs: fc.oneof(
      fc.integer({ min: 0, max: 20 * 60_000 }),
      fc.integer({ min: 0, max: 3 * DAY }),
      fc.integer({ min: 0, max: 21 * DAY }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(sending, { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 0, max: 40 * DAY }),
      async (sendings, beforeMs) => {
        const run = randomUUID();
        let now = edge(0) - beforeMs;
        const recorded = new Map<string, number>();
        for (const { id, stepMs } of sendings) {
          now += stepMs;
          const first = recorded.get(id);
          const isNew = await sendAt(now, `${run} ${id}`);
          // An id may be taken anew only when no time that it was sent with is accepted any more.
          if (first === undefined) expect(isNew).toBe(true);
          else if (now - first <= OCCURRED_BEHIND_SECONDS_MAX * 1000) expect(isNew).toBe(false);
          if (isNew) recorded.set(id, now);
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** Goal: an id is in the ledger once, however often and with whatever else it is sent. */
import type { Pool } from 'pg';
import { createPool } from '../../../src/db/pool';
import { insertUsageEvents, keyText } from '../../../src/db/usage-events';
import type { NewKeys } from '../../../src/db/usage-events';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';
import { aRow } from '../../support/builders/ledger';

const MID_MONTH = new Date('2026-01-15T12:00:00Z');

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

const insert = (...ids: string[]) =>
  insertUsageEvents(
    pool,
    ids.map((id) => aRow(id)),
    MID_MONTH,
  );
const keys = (...ids: string[]): NewKeys => new Set(ids.map((id) => keyText(aRow(id))));

async function recordedIds(): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('select id from usage_events order by id');
  return rows.map(({ id }) => id);
}

test('among ids that are there already the new ones are recorded, and named', async () => {
  expect(await insert('a', 'b')).toBe('all');
  expect(await insert('b', 'c')).toEqual(keys('c'));
  expect(await recordedIds()).toEqual(['a', 'b', 'c']);
});

test('one more repetition, after others were seen, records nothing', async () => {
  await insert('a', 'b');
  expect(await insert('a')).toEqual(new Set());
  expect(await insert('a', 'b')).toEqual(new Set());
  expect(await insert('c')).toBe('all');
  expect(await recordedIds()).toEqual(['a', 'b', 'c']);
});

test('of two who send an id at the same moment one records it', async () => {
  const answers = await Promise.all([insert('a', 'x'), insert('b', 'x'), insert('c', 'x')]);
  const newcomers = answers.map((answer) => answer === 'all' || answer.has(keyText(aRow('x'))));
  expect(newcomers.filter(Boolean)).toHaveLength(1);
  expect(await recordedIds()).toEqual(['a', 'b', 'c', 'x']);
});

/** Rows of statements that failed, as the session has seen it that wrote them. */
async function writtenInVain(session: Pool): Promise<number> {
  await session.query('select pg_stat_force_next_flush()');
  const { rows } = await session.query<{ dead: number }>(
    `select sum(n_dead_tup)::int as dead from pg_stat_user_tables where relname like 'usage_events%'`,
  );
  return rows[0]?.dead ?? 0;
}

test('who repeats request after request has one statement written in vain', async () => {
  const session = createPool({ connectionString: database.url, max: 1 });
  const row = aRow('a');
  for (let times = 0; times < 20; times += 1) await insertUsageEvents(session, [row], MID_MONTH);
  expect(await writtenInVain(session)).toBe(1);
  await session.end();
});

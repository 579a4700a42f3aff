/** Goal: single usage events share what a statement costs, and none waits long for another. */
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { createGroupCommit, GROUP_COMMIT_LIMITS } from '../../src/ingest/group-commit';
import type { GroupCommitLimits } from '../../src/ingest/group-commit';
import { aRow, whileHeld } from '../support/builders/ledger';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

/** Longer than any test may take. */
const FOREVER_MS = 600_000;

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

/** Resolves once it waits for the ledger; `isCommitted` is another matter. */
type Send = (id: string) => Promise<{ readonly isCommitted: Promise<unknown> }>;

/**
 * Whatever is sent comes while a statement is under way, which ends after `work`. Answers how many
 * rows each statement had, in the order of their ends.
 */
async function sizesMeanwhile(
  limits: Partial<GroupCommitLimits>,
  work: (send: Send) => Promise<unknown>,
): Promise<number[]> {
  const sizes: number[] = [];
  const observer = { committed: (rows: number) => sizes.push(rows) };
  const { commit } = createGroupCommit(pool, { ...GROUP_COMMIT_LIMITS, ...limits }, observer);
  const all: Promise<unknown>[] = [];
  const send: Send = async (id) => {
    const isCommitted = commit([aRow(id)]);
    all.push(isCommitted);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return { isCommitted };
  };
  await whileHeld(pool, async () => {
    await send('held');
    await work(send);
  });
  await Promise.all(all);
  return sizes;
}

test('few that come during a statement of single events go together after it', async () => {
  const sizes = await sizesMeanwhile({ gatherMs: FOREVER_MS }, async (send) => {
    for (const id of ['a', 'b', 'c']) await send(id);
  });
  expect(sizes).toEqual([1, 3]);
});

test('they wait no longer than they may, whatever is in the way of that statement', async () => {
  const sizes = await sizesMeanwhile({ gatherMs: 5 }, async (send) => {
    await (
      await send('a')
    ).isCommitted;
  });
  expect(sizes).toEqual([1, 1]);
});

test('as many as are worth a statement of their own wait for none', async () => {
  const limits = { gatherMs: FOREVER_MS, rowsWorthStatement: 2 };
  const sizes = await sizesMeanwhile(limits, async (send) => {
    await send('a');
    await (
      await send('b')
    ).isCommitted;
  });
  expect(sizes).toEqual([2, 1]);
});

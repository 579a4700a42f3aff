/** Concurrent requests share a statement, and only what is committed is acknowledged. */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { createGroupCommit, GROUP_COMMIT_LIMITS } from '../../src/ingest/group-commit';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { aRow, whileHeld } from '../support/builders/ledger';

/** Near a month's edge one statement waits for the other, which has tests of its own. */
const MID_MONTH = new Date('2026-01-15T12:00:00Z');

let database: TestDatabase;
let pool: Pool;

beforeEach(async () => {
  jest.useFakeTimers({
    now: MID_MONTH,
    doNotFake: [
      ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
      ...(['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'] as const),
      ...(['hrtime', 'performance'] as const),
    ],
  });
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});

afterEach(async () => {
  jest.useRealTimers();
  await pool.end();
  await database.drop();
});

const countRows = async () =>
  Number((await pool.query<{ n: string }>('select count(*) n from usage_events')).rows[0]?.n);

test('requests that arrive together are committed together', async () => {
  const sizes: number[] = [];
  const observer = { committed: (rows: number) => sizes.push(rows) };
  const { commit } = createGroupCommit(pool, GROUP_COMMIT_LIMITS, observer);
  const outcomes = await Promise.all(
    Array.from({ length: 300 }, (_, index) => commit([aRow(`a${index}`)])),
  );
  expect(outcomes.flat().every((outcome) => outcome === 'accepted')).toBe(true);
  expect(await countRows()).toBe(300);
  expect(sizes).toHaveLength(1);
});

test('statements with the same ids in another order do not deadlock', async () => {
  const limits = { ...GROUP_COMMIT_LIMITS, rowsPerStatement: 1 };
  const processes = [1, 2, 3].map(() => createGroupCommit(pool, limits));
  const rows = Array.from({ length: 200 }, (_, index) => aRow(`a${index}`));
  const orders = [rows, [...rows].reverse(), [...rows.slice(100), ...rows.slice(0, 100)]];
  const outcomes = await Promise.all(processes.map(({ commit }, at) => commit(orders[at] ?? [])));
  const all = outcomes.flat();
  expect(all.filter((outcome) => outcome === 'accepted')).toHaveLength(200);
  expect(all.filter((outcome) => outcome === 'duplicate')).toHaveLength(400);
});

test('an id is its customer’s own: another’s is neither a duplicate nor a conflict', async () => {
  const customers = fc.constantFrom('ada', 'bob', 'cyd');
  const content = fc.record({
    ...{ id: fc.constantFrom('1', '2', '3'), customer: customers },
    contentHash: fc.constantFrom('00', '01'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(content, { maxLength: 6 })), async (requests) => {
      await pool.query('truncate usage_events cascade');
      const { commit } = createGroupCommit(pool, { ...GROUP_COMMIT_LIMITS, rowsPerStatement: 1 });
      // What a customer is told is what they would be told if nobody else were there.
      const known = new Map<string, string>();
      for (const rows of requests) {
        const expected = rows.map(({ customer, id, contentHash }) => {
          const first = known.get(`${customer} ${id}`);
          known.set(`${customer} ${id}`, first ?? contentHash);
          if (first === undefined) return 'accepted';
          return first === contentHash ? 'duplicate' : 'conflict';
        });
        expect(await commit(rows.map((row) => aRow(row.id, row)))).toEqual(expected);
      }
      expect(await countRows()).toBe(known.size);
    }),
    { numRuns: 50 },
  );
});

test('a row that the database refuses fails its own request only', async () => {
  const { commit } = createGroupCommit(pool);
  const [good, bad] = await Promise.allSettled([
    commit([aRow('good')]),
    commit([aRow('bad', { metadata: '{' })]),
  ]);
  expect(good).toMatchObject({ status: 'fulfilled', value: ['accepted'] });
  expect(bad).toMatchObject({ status: 'rejected' });
  expect(await countRows()).toBe(1);
});

test('beyond the bound of waiting rows a request is told to come again', async () => {
  const { commit, waitingRows } = createGroupCommit(pool, {
    ...GROUP_COMMIT_LIMITS,
    rowsWaiting: 2,
  });
  const first = commit([aRow('a'), aRow('b')]);
  expect(waitingRows()).toBe(2);
  await expect(commit([aRow('c')])).rejects.toMatchObject({
    code: 'too_many_requests',
    detail: { retryAfterSeconds: 1 },
  });
  expect(await first).toEqual(['accepted', 'accepted']);
  expect(waitingRows()).toBe(0);
});

test("one key's flood is told to come again, and another's usage goes through", async () => {
  const limits = { ...GROUP_COMMIT_LIMITS, rowsWaitingOfOwner: 2 };
  const { commit } = createGroupCommit(pool, limits);
  const flood = commit([aRow('a'), aRow('b')], 'flooder');
  await expect(commit([aRow('c')], 'flooder')).rejects.toMatchObject({
    code: 'too_many_requests',
    detail: { retryAfterSeconds: 1 },
  });
  expect(await commit([aRow('d')], 'other')).toEqual(['accepted']);
  expect(await flood).toEqual(['accepted', 'accepted']);
});

test('while one key floods there is a statement for the others', async () => {
  const { commit } = createGroupCommit(pool);
  const order: string[] = [];
  let floods: Promise<unknown>[] = [];
  await whileHeld(pool, async () => {
    floods = Array.from({ length: 10 }, (_, index) =>
      commit([aRow('held'), ...rowsOf(`flood${index}`, 999)], 'flooder').then(() =>
        order.push('flood'),
      ),
    );
    await commit([aRow('single')], 'other').then(() => order.push('other'));
  });
  await Promise.all(floods);
  expect(order).toEqual(['other', ...Array<string>(10).fill('flood')]);
});

test('large requests of many keys leave a statement for a small one', async () => {
  const { commit } = createGroupCommit(pool);
  let floods: Promise<unknown>[] = [];
  await whileHeld(pool, async () => {
    floods = Array.from({ length: 6 }, (_, index) =>
      commit([aRow('held'), ...rowsOf(`flood${index}`, 200)], `flooder ${index}`),
    );
    expect(await commit([aRow('single')], 'good')).toEqual(['accepted']);
  });
  await Promise.all(floods);
});

test.each([
  ['alone, a key has several statements at once', [], 3],
  ['beside another key, it has one', ['good'], 1],
])('%s', async (_what, others, statements) => {
  const { commit } = createGroupCommit(pool);
  await Promise.all(others.map((owner) => commit([aRow(owner)], owner)));
  const floods = statementsWith('flood');
  await Promise.all(
    Array.from({ length: 8 }, (_, index) => commit(rowsOf(`flood${index}`, 1_000), 'flooder')),
  );
  expect(floods.most()).toBe(statements);
  expect(await countRows()).toBe(8_000 + others.length);
});

/** How many statements with such ids were under way at once. */
function statementsWith(name: string) {
  const query = pool.query.bind(pool) as (question: { values?: string[] }) => Promise<unknown>;
  let underWay = 0;
  let most = 0;
  pool.query = (async (question: { values?: string[] }) => {
    const isMeant = question.values?.[0]?.includes(name) === true;
    if (isMeant) most = Math.max(most, (underWay += 1));
    try {
      return await query(question);
    } finally {
      if (isMeant) underWay -= 1;
    }
  }) as never;
  return { most: () => most };
}

const rowsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => aRow(`${name}-${index}`));

test('without a database nothing is acknowledged, with it the next request is taken', async () => {
  const { commit } = createGroupCommit(pool);
  const rows = { query: pool.query.bind(pool) };
  pool.query = (() => Promise.reject(new Error('ECONNREFUSED'))) as never;
  await expect(commit([aRow('a')])).rejects.toMatchObject({ code: 'ledger_unavailable' });
  pool.query = rows.query as never;
  expect(await commit([aRow('a')])).toEqual(['accepted']);
});

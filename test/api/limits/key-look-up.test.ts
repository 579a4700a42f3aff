/** What was looked up a moment ago, a key or none, is not asked of the database again. */
import type { Pool } from 'pg';
import { createKeyLookUp } from '../../../src/api/limits/key-look-up';
import { hashApiKey } from '../../../src/db/api-keys';

const SECONDS = 1_000;
const ROW = { hash: hashApiKey('tk_ada'), id: 'k1', name: 'app', scopes: ['ingest'] };

let queries = 0;
let rows: readonly object[] = [ROW];
const pool = {
  query: async () => {
    queries += 1;
    return { rows };
  },
} as unknown as Pool;

beforeEach(() => {
  queries = 0;
  rows = [ROW];
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

test('a wrong key costs no query the second time', async () => {
  const keys = createKeyLookUp(pool);
  expect(await keys.find('tk_none')).toBeUndefined();
  expect(await keys.find('tk_none')).toBeUndefined();
  expect(queries).toBe(1);
});

test('many wrong keys at once cost one query after the other', async () => {
  const keys = createKeyLookUp(pool);
  await Promise.all(Array.from({ length: 400 }, (_, index) => keys.find(`tk_${index}`)));
  expect(queries).toBeLessThanOrEqual(2);
});

test('a revoked key works for five seconds more at most', async () => {
  const keys = createKeyLookUp(pool);
  expect(await keys.find('tk_ada')).toMatchObject({ id: 'k1' });
  rows = [];
  jest.setSystemTime(Date.now() + 5 * SECONDS - 1);
  expect(await keys.find('tk_ada')).toMatchObject({ id: 'k1' });
  jest.setSystemTime(Date.now() + 1);
  expect(await keys.find('tk_ada')).toBeUndefined();
  expect(keys.lastSeen('tk_ada')).toBeUndefined();
});

/** Whose a batch is is known while its results can be read, and whose were not read is told. */
import type { Pool } from 'pg';
import {
  closeMadeBatch,
  countUnreadBatches,
  findMadeBatch,
  firstReadOf,
  insertMadeBatch,
  noteBatchFiles,
} from '../../src/db/made-batches';
import { createPool } from '../../src/db/pool';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeEach(async () => {
  database = await createTestDatabase();
  // As API and worker reach it.
  pool = createPool({ connectionString: database.appUrl });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});

const upstream = 'openai';
const make = (id: string, customer = 'ada') => insertMadeBatch(pool, { upstream, id, customer });
const find = (of: { batch: string } | { file: string }) => findMadeBatch(pool, { upstream, of });
const unread = () => countUnreadBatches(pool, 7);

async function age(id: string, days: number): Promise<void> {
  await pool.query(
    'update made_batches set made_at = now() - make_interval(days => $2) where id = $1',
    [id, days],
  );
}

test('a batch stays its maker’s, and is found by the files of its results', async () => {
  await make('batch_1');
  await make('batch_1', 'bob');
  const files = { output: 'file-out', error: 'file-err', isWithoutResults: false };
  await noteBatchFiles(pool, { upstream, id: 'batch_1' }, files);
  await noteBatchFiles(pool, { upstream, id: 'batch_1' }, { ...files, output: 'file-other' });
  const batch = { upstream, id: 'batch_1', customer: 'ada' };
  expect(await find({ batch: 'batch_1' })).toEqual(batch);
  expect(await find({ file: 'file-out' })).toEqual(batch);
  expect(await find({ file: 'file-err' })).toEqual(batch);
  expect(await find({ file: 'file-other' })).toBeUndefined();
  const elsewhere = { upstream: 'upstreams/a', of: { batch: 'batch_1' } };
  expect(await findMadeBatch(pool, elsewhere)).toBeUndefined();
});

test('results were first read once', async () => {
  await make('batch_1');
  const first = await firstReadOf(pool, { upstream, id: 'batch_1' });
  expect(await firstReadOf(pool, { upstream, id: 'batch_1' })).toEqual(first);
});

test('a week old and not read to the end is told, as long as there is something to read', async () => {
  for (const id of ['read', 'errors', 'unread', 'empty', 'new']) await make(id);
  for (const id of ['read', 'errors', 'unread', 'empty']) await age(id, 8);
  expect(await unread()).toBe(4);
  for (const id of ['read', 'errors'])
    await noteBatchFiles(
      pool,
      { upstream, id },
      { output: `out-${id}`, error: `err-${id}`, isWithoutResults: false },
    );
  await closeMadeBatch(pool, { upstream, of: { file: 'out-read' } });
  await closeMadeBatch(pool, { upstream, of: { file: 'err-errors' } });
  await noteBatchFiles(pool, { upstream, id: 'empty' }, { isWithoutResults: true });
  expect(await unread()).toBe(2);
});

test('one of two months ago is forgotten as the next is made', async () => {
  await make('batch_old');
  await age('batch_old', 61);
  await make('batch_new');
  expect(await find({ batch: 'batch_old' })).toBeUndefined();
  expect(await find({ batch: 'batch_new' })).toBeDefined();
});

/** Goal: a connection that is lost costs the work that was on it, and never the process. */
import type { Pool } from 'pg';
import { createPool, inTransaction } from '../../src/db/pool';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('a connection that is lost between two queries fails its transaction alone', async () => {
  const transaction = inTransaction(pool, async (client) => {
    const ended = new Promise((resolve) => client.once('end', resolve));
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    return client.query('select 1');
  });
  await expect(transaction).rejects.toThrow(/Client has encountered a connection error/);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

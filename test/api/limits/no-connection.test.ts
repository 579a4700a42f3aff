/** A database that gives no connection is no fault of ours, and whoever asks may come again. */
import { createPool, isWithoutConnection } from '../../../src/db/pool';
import { startTestApi } from '../../support/api/api';
import { startNetworkGate } from '../../support/network/network-gate';
import { eventually } from '../../support/stack/eventually';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
let pool: ReturnType<typeof createPool>;
let databaseUrl: string;
beforeAll(async () => {
  api = await startTestApi(async (connectionString) => {
    databaseUrl = connectionString;
    pool = createPool({ connectionString, max: 1, connectTimeoutMs: 50 });
    return { pool, ingestPool: createPool({ connectionString, max: 1 }) };
  });
  await api.addCustomer('ada');
});
afterAll(async () => {
  await api.stop();
  await pool.end();
  await api.close();
});

test.each([
  '/v1/customers/ada/audit',
  '/v1/customers/ada',
  '/v1/customers/ada/usage',
  '/v1/customers',
  '/v1/exceptions',
])('%s is 503 while all connections are taken', async (path) => {
  const client = await pool.connect();
  try {
    const answer = await api.request(path, { key: api.keys.admin });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'ledger_unavailable' });
  } finally {
    client.release();
  }
});

test('a connection that is ended by the database is 503, too', async () => {
  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  client.release();
  await pool.query(`select pg_sleep(0)`);
  const slow = pool.query('select pg_sleep(20)').catch((error: unknown) => error);
  await api.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  expect(isWithoutConnection(await slow)).toBe(true);
});

test('a connection that is reset, as by a server that is killed, is 503, too', async () => {
  const gate = await startNetworkGate(databaseUrl);
  const behind = new URL(databaseUrl);
  behind.port = new URL(gate.url).port;
  const ownPool = createPool({ connectionString: behind.href, max: 1 });
  await ownPool.query('select 1');
  const slow = ownPool.query('select pg_sleep(20)').catch((failure: unknown) => failure);
  await eventually(
    () => api.pool.query(`select 1 from pg_stat_activity where query = 'select pg_sleep(20)'`),
    ({ rows }) => rows.length > 0,
  );
  await gate.shut({ reset: true });
  const error = await slow;
  await ownPool.end();
  expect(String(error)).toContain('ECONNRESET');
  expect(isWithoutConnection(error)).toBe(true);
});

test('a query that is wrong is a fault of ours', async () => {
  const error = await pool.query('select nothing').catch((failure: unknown) => failure);
  expect(isWithoutConnection(error)).toBe(false);
});

/** Whatever is read has connections of its own: however long it takes, usage is recorded. */
import { createPool } from '../../../src/db/pool';
import { connectionsOf } from '../../../src/processes/api';
import { startTestApi } from '../../support/api/api';

test('usage is recorded while every other connection is taken', async () => {
  const pools: ReturnType<typeof createPool>[] = [];
  const api = await startTestApi(async (connectionString) => {
    pools.push(createPool({ connectionString, max: 1 }), createPool({ connectionString }));
    const [pool, ingestPool] = pools;
    return { pool: pool as (typeof pools)[0], ingestPool: ingestPool as (typeof pools)[0] };
  });
  await api.addCustomer('ada');
  const client = await pools[0]?.connect();
  const reading = api.request('/v1/customers/ada', { key: api.keys.read });
  const event = { id: 'a', customer: 'ada', model: 'm', tokens: { input: 1 } };
  expect((await api.postUsage(event)).status).toBe(202);
  client?.release();
  expect((await reading).status).toBe(200);
  await api.stop();
  await Promise.all(pools.map((pool) => pool.end()));
  await api.close();
});

test.each([
  [10, 5, 5],
  [5, 3, 2],
  [1, 1, 1],
])('of %i connections usage has %i, and the rest %i', (all, ingest, others) => {
  expect(connectionsOf({ DATABASE_POOL_SIZE: all })).toEqual({ ingest, others });
});

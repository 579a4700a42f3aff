/** A process that takes usage alone needs a database, and neither Stripe nor Temporal. */
import { loadApiConfig, takesUsageAlone } from '../../src/config';
import { createApiKey } from '../../src/db/api-keys';
import { createPool } from '../../src/db/pool';
import { runUsageApi } from '../../src/processes/usage-api';
import { createTestDatabase } from '../support/stack/database';

const EVENT = { id: 'a', customer: 'ada', model: 'm', tokens: { input: 1 } };

async function startWith(databaseUrl: string) {
  const config = loadApiConfig({
    ...{ API_SERVES: 'usage', DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'silent' },
    DATABASE_POOL_SIZE: '2',
  });
  if (!takesUsageAlone(config)) throw new Error('It takes more than usage.');
  return runUsageApi(config);
}

test('it records usage, and tells of a test clock that it can not read', async () => {
  const database = await createTestDatabase();
  const pool = createPool({ connectionString: database.url, max: 1 });
  const api = await startWith(database.url);
  try {
    const { key } = await createApiKey(pool, { name: 'app', scopes: ['ingest'] });
    await pool.query(
      `insert into customers (customer, email, plan, test_clock, subscription_id, billing_status)
       values ('ada', 'ada@example.com', 'starter', null, 'sub_1', 'active'),
              ('bo', 'bo@example.com', 'starter', 'clock_1', 'sub_2', 'active')`,
    );
    const post = (event: object) =>
      fetch(`${api.url}/v1/usage`, {
        ...{ method: 'POST', body: JSON.stringify(event) },
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      });
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    expect((await post(EVENT)).status).toBe(202);
    const refused = await post({ ...EVENT, customer: 'bo' });
    expect(refused.status).toBe(502);
    expect(await refused.text()).toMatch(/clock_1.*STRIPE_SECRET_KEY/);
  } finally {
    await api.close();
    await pool.end();
    await database.drop();
  }
});

test('one that serves all is refused without a key of Stripe, as before', () => {
  const env = { DATABASE_URL: 'postgres://localhost/tollkeeper' };
  expect(() => loadApiConfig(env)).toThrow(/STRIPE_SECRET_KEY .* is not set/);
  expect(() => loadApiConfig({ ...env, API_SERVES: 'pages' })).toThrow(/API_SERVES .* not valid/);
});

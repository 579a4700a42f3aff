/** A key is looked up rarely, ends soon after it is revoked, and outlasts an outage for a while. */
import type { IncomingMessage } from 'node:http';
import { createKeyring } from '../../../src/api/http/keyring';
import { createApiKey, revokeApiKey } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import { createTestDatabase } from '../../support/stack/database';
import { startNetworkGate } from '../../support/network/network-gate';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

async function startCase() {
  const database = await createTestDatabase();
  const gate = await startNetworkGate(database.url);
  const gated = new URL(database.url);
  gated.port = new URL(gate.url).port;
  const pool = createPool({ connectionString: gated.href, max: 1 });
  const direct = createPool({ connectionString: database.url, max: 1 });
  const { id, key } = await createApiKey(direct, { name: 'app', scopes: ['ingest'] });
  const keyring = createKeyring(pool);
  const request = { headers: { authorization: `Bearer ${key}` } } as IncomingMessage;
  return {
    gate,
    works: () =>
      keyring.identify(request, 'ingest').then(
        () => 'yes',
        (error: { code: string }) => error.code,
      ),
    revoke: () => revokeApiKey(direct, id),
    end: async () => {
      await Promise.all([pool.end(), direct.end()]);
      await gate.shut();
      await database.drop();
    },
  };
}

let at: Awaited<ReturnType<typeof startCase>>;
let now = Date.now();
beforeEach(async () => {
  at = await startCase();
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await at.end();
});

test('a revoked key works five seconds longer at most', async () => {
  expect(await at.works()).toBe('yes');
  await at.revoke();
  now += 6 * SECOND;
  expect(await at.works()).toBe('unauthorized');
});

test('while the database is away, a key that was checked works for an hour', async () => {
  expect(await at.works()).toBe('yes');
  await at.gate.shut();
  now += 59 * MINUTE;
  expect(await at.works()).toBe('yes');
  now += 2 * MINUTE;
  expect(await at.works()).toBe('ledger_unavailable');
});

test('one that was revoked before the database went away, and seen so, does not', async () => {
  expect(await at.works()).toBe('yes');
  await at.revoke();
  now += 6 * SECOND;
  expect(await at.works()).toBe('unauthorized');
  await at.gate.shut();
  expect(await at.works()).toBe('ledger_unavailable');
});

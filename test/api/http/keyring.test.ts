/** A key is looked up rarely, ends soon after it is revoked, and outlasts an outage for a while. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createApiKey, revokeApiKey } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import { openGates } from '../../support/api/open-gates';
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
  const { keyring } = openGates(pool);
  const headers = { authorization: `Bearer ${key}` };
  const request = { headers, socket: {} } as IncomingMessage;
  const exchange = { request, response: {} as ServerResponse };
  return {
    gate,
    works: () =>
      keyring.identify(exchange, 'ingest').then(
        () => 'yes',
        (error: { code: string }) => error.code ?? String(error),
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
  expect(await at.works()).toBe('unauthorized');
  now += 6 * SECOND;
  expect(await at.works()).toBe('ledger_unavailable');
});

/** The audit trail of any length: all of it, in order, and a page of it in memory at a time. */
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createApiKey } from '../../../src/db/api-keys';
import { appendAuditEntry, readAuditPage } from '../../../src/db/audit-entries';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const customer of ['ada', 'bob', 'big']) await api.addCustomer(customer);
  for (let number = 1; number <= 5; number += 1)
    await appendAuditEntry(api.pool, {
      ...{ customer: 'ada', key: `k${number}`, kind: 'noted', detail: { number } },
    });
});
afterAll(() => api.close());

const ask = (query: string, { key = api.keys.read, accept = '*/*' } = {}) =>
  api.request(`/v1/customers/ada/audit${query}`, { key, headers: { accept } });
const keysOf = (text: string) => [...text.matchAll(/^\{.*"key":"(\w+)"/gm)].map(([, key]) => key);

test.each([
  ['', ['k1', 'k2', 'k3', 'k4', 'k5']],
  ['?after=3', ['k4', 'k5']],
  ['?limit=2', ['k1', 'k2']],
  ['?after=1&limit=3', ['k2', 'k3', 'k4']],
  ['?after=5', []],
])('%j has the entries %j', async (query, keys) => {
  expect(keysOf(await (await ask(query)).text())).toEqual(keys);
});

test.each([
  ['?format=csv', '*/*', 'text/csv; charset=utf-8'],
  ['', 'text/csv', 'text/csv; charset=utf-8'],
  ['?format=ndjson', 'text/csv', 'application/x-ndjson; charset=utf-8'],
  ['', 'application/json', 'application/x-ndjson; charset=utf-8'],
])('%j and Accept %j come as %j', async (query, accept, type) => {
  const answer = await ask(query, { accept });
  expect(answer.headers.get('content-type')).toBe(type);
  const head = 'entryNumber,at,kind,key,detail,previousHash,hash\r\n';
  expect((await answer.text()).startsWith(type.startsWith('text/csv') ? head : '{"entry')).toBe(
    true,
  );
});

test.each([
  ['?limit=0', 'limit'],
  ['?limit=1001', 'limit'],
  ['?limit=1.5', 'limit'],
  ['?after=-1', 'after'],
  ['?after=k3', 'after'],
  ['?format=xml', 'format'],
  ['?until=5', 'until'],
])('%s is refused, and named', async (query, name) => {
  const answer = await ask(query);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    code: 'invalid_request',
    detail: expect.stringContaining(name) as string,
  });
});

test('a key of another customer reads nothing of it', async () => {
  const { key } = await createApiKey(api.pool, { name: 'bob', scopes: ['read'], customer: 'bob' });
  expect((await ask('', { key })).status).toBe(403);
});

describe('of a hundred thousand entries', () => {
  const ENTRIES = 100_000;
  beforeAll(async () => {
    await api.pool.query(
      `insert into audit_entries (customer, entry_number, key, kind, detail, previous_hash, hash)
       select 'big', number, 'report:' || number, 'usage_reported',
              jsonb_build_object('number', number, 'note', repeat('x', 400)),
              sha256('before'), sha256('after')
         from generate_series(1, $1::int) as number`,
      [ENTRIES],
    );
  });

  const open = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { authorization: `Bearer ${api.keys.read}` };
      get(`${api.url}/v1/customers/big/audit`, { headers }, resolve).on('error', reject);
    });

  test('none is read for whoever does not take what was sent, and each comes once', async () => {
    let reads = 0;
    api.pool.on('acquire', () => (reads += 1));
    const answer = await open();
    // Who waits for no reader has read them all as well, once this has.
    let ownReads = 0;
    for (let after = 0; after < ENTRIES; after += 200) {
      await readAuditPage(api.pool, 'big', { after, limit: 200 });
      ownReads += 1;
    }
    // What two sockets hold may be sent: no more than some megabytes of its seventy.
    expect(reads - ownReads).toBeLessThan(ownReads / 4);
    let [rest, next] = ['', 1];
    for await (const chunk of answer.setEncoding('utf8')) {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith(`{"entryNumber":${next},`)) throw new Error(`not ${next}: ${line}`);
        next += 1;
      }
    }
    expect([next - 1, rest]).toEqual([ENTRIES, '']);
  });

  test('whoever goes away is read for no more', async () => {
    const answer = await open();
    answer.destroy();
    let reads = 0;
    api.pool.on('acquire', () => (reads += 1));
    let ownReads = 0;
    for (let after = 0; after < ENTRIES; after += 200) {
      await readAuditPage(api.pool, 'big', { after, limit: 200 });
      ownReads += 1;
    }
    expect(reads - ownReads).toBeLessThan(ownReads / 4);
    expect((await ask('?limit=1')).status).toBe(200);
  });

  test('the first hundred are answered without the others', async () => {
    let reads = 0;
    api.pool.on('acquire', () => (reads += 1));
    const path = '/v1/customers/big/audit?limit=100';
    const text = await (await api.request(path, { key: api.keys.read })).text();
    expect(text.trim().split('\n')).toHaveLength(100);
    expect(reads).toBeLessThan(5);
  });
});

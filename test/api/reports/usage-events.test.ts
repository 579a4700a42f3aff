/** Each usage event is found, by pages or as lines, with what has become of it. */
import fc from 'fast-check';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { drainLedger } from '../../../src/ingest/sealing';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { readAll } from '../../support/api/pages';
import { aRow } from '../../support/builders/ledger';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const customer of ['ada', 'bob', 'many']) await api.addCustomer(customer);
  const metadata = JSON.stringify({ note: 'a, "b"' });
  await insertUsageEvents(api.pool, [
    aRow('e1', { occurredAt: '2026-01-10T00:00:00Z' }),
    aRow('e2', { occurredAt: '2026-01-11T00:00:00.123456Z', model: '=cmd', metadata }),
    aRow('e3', { occurredAt: '2026-01-11T00:00:00.123456Z', vendor: 'acme' }),
    aRow('bobs', { customer: 'bob', occurredAt: '2026-01-11T00:00:00Z' }),
    aRow('e4', { occurredAt: '2026-01-12T00:00:00Z' }),
    aRow('e5', { occurredAt: '2026-01-13T00:00:00Z' }),
  ]);
  await drainLedger(api.pool, 'ada');
  await api.pool.query(
    `insert into usage_quarantine (id, customer, reason, settled_at)
     values ('e4', 'ada', 'r', null), ('e5', 'ada', 'r', now())`,
  );
  await insertUsageEvents(api.pool, [aRow('e6', { occurredAt: '2026-01-14T00:00:00Z' })]);
});
afterAll(() => api.close());

const EVENTS = '/v1/customers/ada/events';
const idsOf = async (query: string) =>
  (await readAll<{ id: string }>(api, EVENTS + query, 'events')).map(({ id }) => id);

test.each([
  ['', ['e6', 'e5', 'e4', 'e3', 'e2', 'e1']],
  ['?limit=1', ['e6', 'e5', 'e4', 'e3', 'e2', 'e1']],
  ['?from=2026-01-11T00:00:00Z&to=2026-01-13T00:00:00Z', ['e4', 'e3', 'e2']],
  ['?to=2026-01-11T01:00:00%2B01:00', ['e1']],
  ['?model=%3Dcmd', ['e2']],
  ['?status=waiting', ['e6']],
  ['?status=counted&limit=2', ['e3', 'e2', 'e1']],
  ['?status=quarantined', ['e4']],
  ['?status=settled', ['e5']],
])('%s has %j', async (query, ids) => {
  expect(await idsOf(query)).toEqual(ids);
});

const ask = (query: string, accept = '*/*') =>
  api.request(EVENTS + query, { key: api.keys.read, headers: { accept } });

test('an event is told with its tokens, its time and what the app said of it', async () => {
  const tokens = { input: 1, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  const { events } = (await (await ask('?model=%3Dcmd')).json()) as { events: unknown[] };
  expect(events).toEqual([
    {
      ...{
        id: 'e2',
        model: '=cmd',
        sentModel: null,
        vendor: null,
        tokens: expect.objectContaining(tokens),
      },
      ...{ occurredAt: '2026-01-11T00:00:00.123Z', recordedAt: expect.stringMatching(/Z$/) },
      ...{ status: 'counted', metadata: { note: 'a, "b"' } },
    },
  ]);
});

test('as lines all of them come, and CSV has cells that no spreadsheet runs', async () => {
  const lines = (await (await ask('', 'application/x-ndjson')).text()).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(await idsOf(''));
  const csv = await (await ask('?format=csv')).text();
  expect(csv.split('\r\n')).toHaveLength(8);
  expect(csv).toContain(`,'=cmd,,counted,`);
  expect(csv).toContain(`,"{""note"":""a, \\""b\\""""}",\r\n`);
  expect((await (await ask('?limit=2', 'text/csv')).text()).split('\r\n')).toHaveLength(4);
});

const cursorOf = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');

test.each([
  ['?limit=0', 'limit'],
  ['?from=yesterday', 'from'],
  ['?status=lost', 'status'],
  ['?after=e1', 'after'],
  [`?after=${cursorOf(['events', 'never', 'e1'])}`, 'after'],
  [`?after=${cursorOf(['events', '0000-00-00', 'e1'])}&format=csv`, 'after'],
])('%s is refused, and named', async (query, name) => {
  const answer = await ask(query);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    code: 'invalid_request',
    detail: expect.stringContaining(name) as string,
  });
});

test('a time that no calendar has breaks no list', async () => {
  await api.pool.query(`update usage_events set occurred_at = 'infinity' where id = 'e6'`);
  expect(await idsOf('?limit=1')).toEqual(['e6', 'e5', 'e4', 'e3', 'e2', 'e1']);
});

test('what was there is told once, whatever is recorded meanwhile', async () => {
  const second = fc.integer({ min: 0, max: 9 });
  const seconds = fc.array(second, { minLength: 1, maxLength: 15 });
  let number = 0;
  const add = async (times: readonly number[]) => {
    const rows = times.map((time) =>
      aRow(`m${(number += 1)}`, { customer: 'many', occurredAt: `2026-02-01T00:00:0${time}Z` }),
    );
    if (rows.length > 0) await insertUsageEvents(api.pool, rows);
    return rows.map(({ id }) => id);
  };
  await fc.assert(
    fc.asyncProperty(
      seconds,
      seconds,
      fc.integer({ min: 1, max: 6 }),
      async (some, later, limit) => {
        await api.pool.query(`delete from usage_events where customer = 'many'`);
        const first = await add(some);
        const path = `/v1/customers/many/events?limit=${limit}`;
        const rows = await readAll<{ id: string }>(api, path, 'events', (pages) =>
          add(later.slice(pages * 2 - 2, pages * 2)),
        );
        const told = rows.map(({ id }) => id);
        expect(new Set(told).size).toBe(told.length);
        expect(told).toEqual(expect.arrayContaining(first));
      },
    ),
    { numRuns: 30 },
  );
});

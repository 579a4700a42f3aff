/** A vendor's transfers and reversals: the statement lists the latest, their list has every one. */
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { readAll } from '../../support/api/pages';
import { bookSomeSales } from '../../support/vendors/vendor-books';
import { fillMovements } from '../../support/vendors/many-movements';

const MANY = 2_500;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await bookSomeSales(api.pool);
  await fillMovements(api.pool, 'globex', MANY);
});
afterAll(() => api.close());

const get = (path: string, accept = '*/*', key = api.keys.read) =>
  api.request(`/v1/vendors/${path}`, { key, headers: { accept } });

test('each is told with its kind and the month of the statement, the latest first', async () => {
  const { movements } = (await (await get('acme/movements')).json()) as { movements: unknown };
  const common = { month: '2026-01', chargeId: 'ch_1', invoiceId: 'in_1' };
  const recordedAt = expect.stringMatching(/^20.*Z$/) as string;
  expect(movements).toEqual([
    { ...common, kind: 'reversal', stripeId: 'trr_acme_1', amountCents: 1_700, recordedAt },
    { ...common, kind: 'transfer', stripeId: 'tr_acme_ch_1', amountCents: 4_250, recordedAt },
  ]);
});

interface Statement {
  readonly months: readonly {
    readonly movementCount: number;
    readonly transfers: readonly { readonly stripeId: string }[];
    readonly transferredCents: number;
  }[];
  readonly nextCursor: string;
}

test('a statement lists the latest thousand, and its cursor leads to those before', async () => {
  const { months, nextCursor } = (await (await get('globex/payouts')).json()) as Statement;
  expect(months.map(({ movementCount }) => movementCount)).toEqual([MANY]);
  expect(months[0]?.transferredCents).toBe(MANY * 100);
  const listed = months[0]?.transfers.map(({ stripeId }) => stripeId) ?? [];
  expect([listed.length, listed.at(-1)]).toEqual([1_000, `tr_globex_${MANY}`]);
  const answer = await get(`globex/movements?limit=1000&after=${nextCursor}`);
  const page = (await answer.json()) as { movements: { stripeId: string }[] };
  expect(page.movements[0]?.stripeId).toBe(`tr_globex_${MANY - 1_000}`);
});

test('by pages each comes once, whatever is booked meanwhile', async () => {
  const path = '/v1/vendors/globex/movements?limit=900';
  const all = await readAll<{ stripeId: string }>(api, path, 'movements', (pages) =>
    fillMovements(api.pool, 'globex', 1, `later_${pages}`),
  );
  const ids = all.map(({ stripeId }) => stripeId);
  expect(ids).toEqual(Array.from({ length: MANY }, (_, at) => `tr_globex_${MANY - at}`));
});

test('as CSV a month has the ids of all, in one cell', async () => {
  const text = await (await get('globex/payouts?to=2026-02-01', 'text/csv')).text();
  const [, month = ''] = text.split('\r\n');
  const [transfers = '', reversals] = month.split(',').slice(-2);
  expect(transfers.split(' ').slice(0, 2)).toEqual(['tr_globex_1', 'tr_globex_2']);
  expect(transfers.split(' ').length).toBeGreaterThanOrEqual(MANY);
  expect(reversals).toBe('');
});

test.each([
  ['?format=ndjson', 'application/x-ndjson', 2],
  ['?format=csv', 'text/csv', 3],
  ['?format=csv&to=2026-01-01', 'text/csv', 1],
])('%s comes as %s', async (query, type, lines) => {
  const answer = await get(`acme/movements${query}`);
  expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
  expect((await answer.text()).trim().split('\n')).toHaveLength(lines);
});

test.each([
  ['nobody/movements', 404, 'vendor_not_found'],
  ['acme/movements?after=x', 422, 'invalid_request'],
  [`acme/movements?after=${cursorOf('movements', '-1')}`, 422, 'invalid_request'],
  [`acme/movements?after=${cursorOf('movements', '9'.repeat(30))}`, 422, 'invalid_request'],
  [`acme/movements?after=${cursorOf('events', '1')}`, 422, 'invalid_request'],
  ['acme/movements?limit=0', 422, 'invalid_request'],
  ['acme/movements?from=soon', 422, 'invalid_request'],
  ['acme/movements?until=2026-01-01', 422, 'invalid_request'],
])('%s is a problem', async (path, status, code) => {
  const answer = await get(path);
  expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code })]);
});

function cursorOf(...parts: string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

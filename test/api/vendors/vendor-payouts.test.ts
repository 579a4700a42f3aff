/** Who asks gets a vendor's statement: by month, with Stripe's ids, as JSON or CSV. */
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { bookSomeSales } from '../../support/vendors/vendor-books';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await bookSomeSales(api.pool);
  await api.pool.query(
    `insert into vendors (vendor, email, name, country) values ('gone', 'a@b.example', 'Gone', 'US')`,
  );
});
afterAll(() => api.close());

const get = async (path: string, accept = 'application/json', key = api.keys.read) =>
  api.request(`/v1/vendors/${path}`, { key, headers: { accept } });
const statement = async (path: string) => (await (await get(path)).json()) as unknown;

test('the statement has each month, its totals and what is held back', async () => {
  expect(await statement('acme/payouts')).toEqual({
    vendor: 'acme',
    currency: 'usd',
    months: [
      {
        month: '2026-01',
        tokens: 1_000,
        grossCents: 5_000,
        feeCents: 750,
        shareCents: 4_250,
        moneyBackCents: 1_700,
        feeReturnedCents: 300,
        transferredCents: 4_250,
        reversedCents: 1_700,
        offsetCents: 0,
        balanceDueCents: 0,
        movementCount: 2,
        transfers: [
          {
            ...{ stripeId: 'tr_acme_ch_1', chargeId: 'ch_1', invoiceId: 'in_1' },
            amountCents: 4_250,
            recordedAt: expect.stringMatching(/^20.*Z$/),
          },
        ],
        reversals: [expect.objectContaining({ stripeId: 'trr_acme_1', amountCents: 1_700 })],
      },
      expect.objectContaining({ month: '2026-02', shareCents: 4_250, balanceDueCents: 4_250 }),
    ],
    totals: expect.objectContaining({ tokens: 2_000, grossCents: 10_000, balanceDueCents: 4_250 }),
    heldCents: 4_250,
    nextCursor: null,
  });
});

test.each([
  ['from=2026-02-01', ['2026-02']],
  ['to=2026-02-01', ['2026-01']],
  ['from=2026-01-01&to=2026-03-01', ['2026-01', '2026-02']],
  ['from=2026-01-02&to=2026-02-01', []],
])('with %s it has the months %j', async (query, months) => {
  expect(await statement(`acme/payouts?${query}`)).toMatchObject({
    months: months.map((month) => ({ month })),
  });
});

test('as CSV a month is a row, with the ids of its transfers and reversals', async () => {
  const response = await get('acme/payouts', 'text/csv');
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect((await response.text()).split('\r\n')).toEqual([
    'month,tokens,grossCents,feeCents,shareCents,moneyBackCents,feeReturnedCents,' +
      'transferredCents,reversedCents,offsetCents,balanceDueCents,transfers,reversals',
    '2026-01,1000,5000,750,4250,1700,300,4250,1700,0,0,tr_acme_ch_1,trr_acme_1',
    '2026-02,1000,5000,750,4250,0,0,0,0,0,4250,,',
    '',
  ]);
});

test.each(['globex', 'gone'])('%s, who sold nothing yet, has an empty one', async (vendor) => {
  expect(await statement(`${vendor}/payouts`)).toMatchObject({ vendor, months: [], heldCents: 0 });
});

test.each([
  ['nobody/payouts', 404, 'vendor_not_found'],
  ['acme/payouts?from=soon', 422, 'invalid_request'],
  ['acme/payouts?to=2026-02-30', 422, 'invalid_request'],
])('%s is a problem', async (path, status, code) => {
  const response = await get(path);
  expect([response.status, await response.json()]).toEqual([
    status,
    expect.objectContaining({ code }),
  ]);
});

test('it needs the scope read', async () => {
  expect((await get('acme/payouts', 'text/csv', api.keys.ingest)).status).toBe(403);
});

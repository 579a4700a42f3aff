/** Lists that were whole before they had pages: their answers stay, and all of it is found. */
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { readAll, readPage } from '../../support/api/pages';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  await api.pool.query(
    `insert into billing_periods
       (customer, period_start, period_end, plan, terms, status, statement)
     select 'ada', begin, begin + interval '1 month', 'starter', '{}', 'paid',
            jsonb_build_object('invoice', case when n % 5 <> 0 then jsonb_build_object(
              'id', 'in_' || n, 'status', 'paid', 'totalCents', 1) end)
       from generate_series(1, 200) as n,
            lateral (select timestamptz '2000-01-01Z' + n * interval '1 month' as begin) as time`,
  );
  await api.pool.query(
    `insert into vendors (vendor, email, country)
     select 'v' || lpad(n::text, 4, '0'), 'v@example.com', 'US' from generate_series(1, 1001) as n`,
  );
});
afterAll(() => api.close());

const INVOICES = '/v1/customers/ada/invoices';
const everyInvoice = Array.from({ length: 200 }, (_, index) => 200 - index)
  .filter((number) => number % 5 !== 0)
  .map((number) => `in_${number}`);

test.each(['', '?limit=1', '?limit=7', '?limit=1000'])(
  'invoices%s are found to the last one, the latest first',
  async (query) => {
    const invoices = await readAll<{ id: string }>(api, INVOICES + query, 'invoices');
    expect(invoices.map(({ id }) => id)).toEqual(everyInvoice);
  },
);

test('without a page invoices are as many as before, and a thousand vendors', async () => {
  expect((await readPage(api, INVOICES, 'invoices')).rows).toHaveLength(120);
  const vendors = await readPage<{ vendor: string }>(api, '/v1/vendors', 'vendors');
  expect(vendors.rows).toHaveLength(1_000);
  const next = await readPage(api, '/v1/vendors', 'vendors', vendors.nextCursor);
  expect(next).toMatchObject({ rows: [{ vendor: 'v1001' }], nextCursor: null });
});

test('vendors by pages are those of one page', async () => {
  const vendors = await readAll<{ vendor: string }>(api, '/v1/vendors?limit=250', 'vendors');
  expect(vendors.map(({ vendor }) => vendor)).toEqual(
    Array.from({ length: 1_001 }, (_, index) => `v${String(index + 1).padStart(4, '0')}`),
  );
});

test("a cursor is of its list: another list's, or none, is refused", async () => {
  const { nextCursor } = await readPage(api, '/v1/vendors', 'vendors');
  const forged = Buffer.from(JSON.stringify(['invoices', 'someday'])).toString('base64url');
  for (const cursor of [nextCursor, forged, 'in_7']) {
    const answer = await api.request(`${INVOICES}?after=${cursor}`, { key: api.keys.read });
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { code: 'invalid_request', detail: expect.stringMatching(/^after is /) as string },
    ]);
  }
});

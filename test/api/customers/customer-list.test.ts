/** Customers are found by what they are called and how they stand, and none is left out. */
import fc from 'fast-check';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { readAll } from '../../support/api/pages';

const TROUBLED = ['ann', 'c_d'];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    openExceptions: { customers: async () => TROUBLED, of: async () => ({ exceptions: [] }) },
  });
  await api.pool.query(
    `insert into customers (customer, email, name, plan, billing_status) values
       ('ann', 'ann@example.com', 'Ann 100%', 'starter', 'active'),
       ('bob', 'bob@example.com', 'Bob 1000', 'pro', 'past_due'),
       ('c_d', 'c_d@example.com', null, 'starter', 'active'),
       ('cxd', 'Cxd@Example.com', 'Zoë', 'starter', 'ended')`,
  );
});
afterAll(() => api.close());

const idsOf = async (query: string) =>
  (await readAll<{ customer: string }>(api, `/v1/customers${query}`, 'customers')).map(
    ({ customer }) => customer,
  );

test.each([
  ['', ['ann', 'bob', 'c_d', 'cxd']],
  ['?limit=1', ['ann', 'bob', 'c_d', 'cxd']],
  ['?search=100%25', ['ann']],
  ['?search=c_d', ['c_d']],
  ['?search=C_D%40', ['c_d']],
  ['?search=cxd@EXAMPLE', ['cxd']],
  ['?search=ZO', ['cxd']],
  ["?search='%20or%20true--", []],
  ['?plan=starter', ['ann', 'c_d', 'cxd']],
  ['?status=past_due', ['bob']],
  ['?exception=open&limit=1', ['ann', 'c_d']],
  ['?exception=none', ['bob', 'cxd']],
  ['?plan=starter&status=active&search=c_&limit=1', ['c_d']],
])('%s has %j', async (query, customers) => {
  expect(await idsOf(query)).toEqual(customers);
});

test('a customer of the list is shown as by itself', async () => {
  const path = '/v1/customers';
  const [listed] = await readAll(api, `${path}?search=ann`, 'customers');
  const alone = await api.request(`${path}/ann`, { key: api.keys.read });
  expect(listed).toEqual(await alone.json());
});

const cursorOf = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');

test.each([
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['after=ann', 'after'],
  ['after=', 'after'],
  [`after=${cursorOf(['events', 'ann'])}`, 'after'],
  [`after=${cursorOf(['customers', 'ann', 'bob'])}`, 'after'],
  [`after=${cursorOf(['customers', 5])}`, 'after'],
  [`after=${cursorOf(['customers', 'a\u0000'])}`, 'after'],
  ['status=happy', 'status'],
  ['search=%00', 'search'],
  ['sort=plan', 'sort'],
])('%s is refused, and named', async (query, name) => {
  const answer = await api.request(`/v1/customers?${query}`, { key: api.keys.read });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    code: 'invalid_request',
    detail: expect.stringContaining(name) as string,
  });
});

test('whoever is there all the time is told once, whoever comes and goes meanwhile', async () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9][a-z0-9._:@+-]{0,5}$/), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(ids, ids, fc.integer({ min: 1, max: 7 }), async (some, later, limit) => {
      await api.pool.query('delete from customers');
      const add = (customers: readonly string[]) =>
        api.pool.query(
          `insert into customers (customer, email, plan)
           select customer, 'x@example.com', 'starter' from unnest($1::text[]) as customer
           on conflict do nothing`,
          [customers],
        );
      await add(some);
      const path = `/v1/customers?limit=${limit}`;
      const rows = await readAll<{ customer: string }>(api, path, 'customers', (pages) =>
        add(later.slice(pages * 2 - 2, pages * 2)),
      );
      const told = rows.map(({ customer }) => customer);
      expect(new Set(told).size).toBe(told.length);
      expect(told).toEqual(expect.arrayContaining(some));
    }),
    { numRuns: 30 },
  );
});

/** The way back to Stripe's onboarding form: for a vendor with a link of ours, and nobody else. */
import { startVendorApi } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';

let api: VendorApi;
/** The address that Stripe sends the vendor's browser to. */
let refresh: URL;
beforeAll(async () => {
  api = await startVendorApi();
  const asked = jest.spyOn(api.stripe.accountLinks, 'create');
  await api.put('acme', { email: 'pay@acme.example' });
  refresh = new URL(String(asked.mock.calls[0]?.[0].refresh_url));
  expect(asked.mock.calls[0]?.[0].return_url).toBe(`${PUBLIC_URL}/vendor-onboarding/done`);
  asked.mockRestore();
});
afterAll(() => api.close());

const PUBLIC_URL = 'https://bill.example.com';
const open = (path: string) => fetch(api.url + path, { redirect: 'manual' });

test('a link that was used or is too old leads to a fresh one', async () => {
  expect(refresh.origin).toBe(PUBLIC_URL);
  const response = await open(refresh.pathname + refresh.search);
  expect(response.status).toBe(303);
  const [account] = await api.accountsOf('acme');
  expect(response.headers.get('location')).toContain(`onboarding?account=${account?.id}`);
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('who comes back from the form is thanked', async () => {
  const response = await open('/vendor-onboarding/done');
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringContaining('You can close this page.'),
  ]);
});

test.each([
  ['no token', ''],
  ['a token of nobody’s', '?token=abc.def'],
  ['a token that is no text', '?token=a&token=b'],
])('%s: a page that says so, and no link', async (_case, query) => {
  const writes = api.proxy.writes.length;
  const response = await open(`/vendor-onboarding${query}`);
  expect([response.status, response.headers.get('location')]).toEqual([403, null]);
  expect(await response.text()).toContain('not valid');
  expect(api.proxy.writes).toHaveLength(writes);
});

test('a token is of no use for a customer’s dashboard', async () => {
  expect((await open(`/dashboard${refresh.search}`)).status).toBe(403);
});

/** The vendor's page: who gets to see it, and that it shows what the books say. */
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { eventually } from '../../support/stack/eventually';
import { bookSomeSales } from '../../support/vendors/vendor-books';

let api: TestApi;

const HOSTILE = `<script>alert('x')</script>`;
const HOSTILE_ESCAPED = '&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;';

beforeAll(async () => {
  api = await startTestApi();
  await bookSomeSales(api.pool);
  await api.addCustomer('acme');
});
afterAll(() => api.close());
beforeEach(() => api.pool.query('delete from vendors'));

const addAccount = (change: Record<string, unknown> = {}) => {
  const account = {
    ...{ vendor: 'acme', email: 'pay@acme.example', name: 'Acme AI', country: 'US' },
    ...{ stripe_account_id: 'acct_1', transfers_status: 'active', payouts_enabled: true },
    ...{ requirements_due: [], deauthorized_at: null },
    ...change,
  };
  return api.pool.query(
    `insert into vendors (${Object.keys(account).join(', ')})
     values (${Object.keys(account).map((_, at) => `$${at + 1}`)})`,
    Object.values(account),
  );
};

const ask = (path: string, key = api.keys.admin, body: unknown = {}) =>
  api.request(`/v1/${path}/dashboard-link`, {
    ...{ method: 'POST', key, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json' },
  });
const linkOf = async (path: string, body?: unknown) =>
  ((await (await ask(path, api.keys.admin, body)).json()) as { url: string }).url;

async function open(url: string) {
  const response = await fetch(url);
  const page = (await response.text()).replace(/\s+/g, ' ');
  return { status: response.status, headers: response.headers, page };
}
const openPage = async (vendor = 'acme') => (await open(await linkOf(`vendors/${vendor}`))).page;

test('an operator gets a link, which opens the page', async () => {
  const response = await ask('vendors/acme');
  const { url } = (await response.json()) as { url: string };
  expect(response.status).toBe(201);
  expect(url).toMatch(new RegExp(`^${api.url}/vendor-dashboard\\?token=[\\w-]+\\.[\\w-]+$`));
  expect((await open(url)).status).toBe(200);
});

test.each([
  ['vendors/nobody', {}, 404, 'vendor_not_found'],
  ['vendors/acme', { expiresInSeconds: 7 * 86_400 + 1 }, 422, 'invalid_request'],
])('a link for %s with %j is a problem', async (path, body, status, code) => {
  const response = await ask(path, api.keys.admin, body);
  expect([response.status, await response.json()]).toEqual([
    status,
    expect.objectContaining({ code }),
  ]);
});

test('who may only read gets no link', async () => {
  expect((await ask('vendors/acme', api.keys.read)).status).toBe(403);
});

test('a customer’s link opens no vendor’s page, nor the other way round', async () => {
  const tokenOf = async (path: string) => (await linkOf(path)).split('?token=')[1];
  const ofCustomer = await tokenOf('customers/acme');
  const ofVendor = await tokenOf('vendors/acme');
  expect((await open(`${api.url}/vendor-dashboard?token=${ofCustomer}`)).status).toBe(403);
  expect((await open(`${api.url}/dashboard?token=${ofVendor}`)).status).toBe(403);
});

test('a link that is expired, changed or missing shows nothing of the vendor', async () => {
  const url = await linkOf('vendors/acme', { expiresInSeconds: 1 });
  const expired = await eventually(
    () => open(url),
    ({ status }) => status === 403,
  );
  expect(expired.page).toContain('has expired');
  expect((await open(`${await linkOf('vendors/acme')}A`)).status).toBe(403);
  const { status, page } = await open(`${api.url}/vendor-dashboard`);
  expect(status).toBe(200);
  expect(page).toContain(`curl -X POST ${api.url}/v1/vendors/VENDOR/dashboard-link`);
});

test('it shows what is due, what was sold by month, and what was moved with Stripe’s ids', async () => {
  const page = await openPage();
  expect(page).toContain('<p class="figure"> <strong>$42.50</strong> </p>');
  expect(page).toContain('$42.50 is kept back for some days');
  // $85.00 earned, of which $17.00 came back.
  expect(page).toContain('<strong>$68.00</strong>');
  expect(page).toContain('Your share of $100.00 for 2,000 tokens, less $17.00 that came back.');
  // $42.50 transferred, of which $17.00 was reversed.
  expect(page).toContain('<strong>$25.50</strong>');
  expect(page).toMatch(/January 2026<small>1,000 tokens<\/small>/);
  expect(page).toContain('data-label="Your share">$42.50</td>');
  expect(page).toContain('<small>tr_acme_ch_1</small>');
  expect(page).toContain('data-label="Amount">-$17.00</td>');
});

test.each([
  [{}, 'active', 'There is nothing to do.'],
  [{ transfers_status: 'pending' }, 'in review', 'waits until it is done'],
  [{ transfers_status: 'inactive' }, 'restricted', 'may not receive transfers'],
  [{ payouts_enabled: false }, 'no payouts', 'does not pay out to your bank yet'],
  [{ requirements_due: ['external_account'] }, 'attention', 'your bank account'],
  [{ deauthorized_at: '2026-01-05T00:00:00Z' }, 'disconnected', '5 Jan 2026'],
  [{ stripe_account_id: null }, 'not set up', 'You have no account yet'],
])('an account with %j is %s, and it says what to do', async (change, badge, text) => {
  await addAccount(change);
  const page = await openPage();
  expect(page).toMatch(new RegExp(`<span class="badge \\w+">${badge}</span>`));
  expect(page).toContain(text);
});

test('what Stripe asks for is told in words, and by its name', async () => {
  const requirements_due = ['individual.verification.document', HOSTILE];
  await addAccount({ transfers_status: 'inactive', requirements_due });
  const page = await openPage();
  expect(page).toContain(
    '<li>individual: verification, document <small>individual.verification.document</small></li>',
  );
  expect(page).toContain(`<small>${HOSTILE_ESCAPED}</small>`);
  expect(page).not.toContain(HOSTILE);
});

test('a vendor that sold nothing yet is told what will be here', async () => {
  const page = await openPage('globex');
  expect(page).toContain('<h1>Globex Models</h1>');
  expect(page).toContain('Your first sales are shown here');
  expect(page).toContain('Nothing was transferred yet.');
});

test('it runs only what takes its token out of the address, and is kept by nobody', async () => {
  const { headers, page } = await open(await linkOf('vendors/acme'));
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('cache-control')).toBe('no-store');
  expect(page.match(/<script[^>]*>[^<]*/g)).toEqual(['<script src="dashboard/address.js">']);
  expect(page).not.toMatch(/ (style|on\w+)="/);
  expect(
    (await fetch(new URL('dashboard/dashboard.css', `${api.url}/vendor-dashboard`))).status,
  ).toBe(200);
});

/** The customer's page: who gets to see it, and that it shows what the ledger says. */
import { createDashboardLinks } from '../../src/api/dashboard-link';
import { emptyBillingState } from '../../src/core/billing-state';
import type { Statement } from '../../src/core/statement';
import { recordPeriods } from '../../src/db/period-projection';
import { insertUsageEvents } from '../../src/db/usage-events';
import { sealOnce } from '../../src/ingest/sealing';
import type { TestApi } from '../support/api';
import { startTestApi } from '../support/api';
import { FEBRUARY, JANUARY, MARCH, someTerms } from '../support/builders';
import { aRow } from '../support/ledger';

let api: TestApi;

const HOSTILE = `<script>alert('x')</script>"&`;
const HOSTILE_ESCAPED = '&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;';

const statement = (change: Partial<Statement>): Statement => ({
  customer: 'ada',
  planId: 'starter',
  periodStart: FEBRUARY,
  periodEnd: MARCH,
  phase: 'open',
  includedTokens: 100_000,
  usedTokens: 0,
  overageTokens: 0,
  rates: [],
  unpricedTokens: 0,
  grantUses: {},
  late: [],
  lateItems: [],
  invoice: null,
  ...change,
});

const overage = {
  rateId: 'overage_standard',
  pricePerMillionTokens: '3.00',
  tokens: 50_000,
  reportedTokens: 50_000,
  amountCents: '15',
};

beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada', 'clock_1');
  await api.addCustomer('new');
  await api.pool.query('update customers set name = $1', [HOSTILE]);
  api.clocks.set('clock_1', new Date('2026-02-15T00:00:00Z'));
  const invoice = { id: 'in_feb', status: 'paid', totalCents: 2900 };
  const january = { periodStart: JANUARY, periodEnd: FEBRUARY, phase: 'paid', invoice } as const;
  const february = { usedTokens: 150_000, overageTokens: 50_000, rates: [overage] };
  await recordPeriods(api.pool, {
    customer: 'ada',
    billingStatus: 'active',
    standing: emptyBillingState('ada').standing,
    dunningAccess: null,
    periods: [
      { terms: someTerms(), statement: statement(january) },
      { terms: someTerms(), statement: statement(february) },
    ],
  });
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  await insertUsageEvents(api.pool, [
    aRow('f1', { tokens: { ...tokens, input: 149_000 }, occurredAt: '2026-02-03T00:00:00Z' }),
    aRow('f2', {
      model: HOSTILE,
      tokens: { ...tokens, output: 1_000 },
      occurredAt: '2026-02-10T08:00:00Z',
    }),
  ]);
  await sealOnce(api.pool);
});

afterAll(() => api.close());

interface Link {
  readonly url: string;
  readonly expiresAt: string;
}

const ask = (customer: string, body?: unknown, key = api.keys.read) =>
  api.request(`/v1/customers/${customer}/dashboard-link`, {
    ...{ method: 'POST', key },
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

const linkOf = async (customer: string, body?: unknown) =>
  (await (await ask(customer, body)).json()) as Link;

async function open(url: string) {
  const response = await fetch(url);
  // One space where the markup has any: how it is broken into lines says nothing.
  const page = (await response.text()).replace(/\s+/g, ' ');
  return { status: response.status, headers: response.headers, page };
}

test('a link lasts an hour unless asked otherwise, and opens the page', async () => {
  const response = await ask('ada');
  expect(response.status).toBe(201);
  const { url, expiresAt } = (await response.json()) as Link;
  expect(url).toMatch(new RegExp(`^${api.url}/dashboard\\?token=[\\w-]+\\.[\\w-]+$`));
  const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
  expect(seconds).toBeGreaterThan(3_590);
  expect(seconds).toBeLessThanOrEqual(3_600);
  expect((await open(url)).status).toBe(200);
});

test.each([
  ['nobody', {}, 404, 'customer_not_found'],
  ['ada', { expiresInSeconds: 7 * 86_400 + 1 }, 422, 'invalid_request'],
  ['ada', { expiresInSeconds: 0 }, 422, 'invalid_request'],
  ['ada', { lasts: 'long' }, 422, 'invalid_request'],
])('a link for %s with %j is a problem', async (customer, body, status, code) => {
  const response = await ask(customer, body);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code });
});

test('who may only record usage gets no link', async () => {
  expect((await ask('ada', {}, api.keys.ingest)).status).toBe(403);
});

test('the page of a customer over the allowance shows usage, money and what to do', async () => {
  const { page } = await open((await linkOf('ada')).url);
  expect(page).toContain('<strong id="used-tokens">150,000</strong> of 100,000 included tokens');
  expect(page).toContain('<span class="percent">150%</span>');
  expect(page).toContain('50,000 tokens over the allowance.');
  expect(page).toContain('<strong>$29.15</strong>');
  // 14 of 28 days: 300,000 tokens at the end, 200,000 over, 60 cents.
  expect(page).toContain('<strong>$29.60</strong>');
  expect(page).toContain('300,000 tokens, 200,000 over: usage since');
  expect(page).toContain('<strong>Starter</strong>');
  expect(page).toContain('<time datetime="2026-02-01T00:00:00.000Z">1 Feb 2026</time>');
  expect(page).toContain('<title>3 Feb: 149,000 tokens</title>');
  expect(page.match(/<rect class="day"/g)).toHaveLength(28);
  expect(page).toContain('<td class="number">149,000</td>');
  expect(page).toContain('<small>in_feb</small>');
  expect(page).toContain('<span class="badge warning">warned</span>');
  expect(page).toContain('Pro has a larger allowance.');
});

test('another period is shown when asked for, an unknown one is not there', async () => {
  const { url } = await linkOf('ada');
  const { page } = await open(`${url}&period=previous`);
  expect(page).toContain('<strong id="used-tokens">0</strong>');
  expect(page).toContain('nothing is left to estimate');
  // What is advised now follows from the current period alone.
  expect(page).not.toContain('id="access"');
  expect((await open(`${url}&period=2020-01-01T00:00:00Z`)).status).toBe(404);
  expect((await open(`${url}&period=${encodeURIComponent(HOSTILE)}`)).page).not.toContain(
    '<script>',
  );
});

test('names and models of whoever it may be are only text', async () => {
  const { page } = await open((await linkOf('ada')).url);
  expect(page).toContain(`<h1>${HOSTILE_ESCAPED}</h1>`);
  expect(page).toContain(`<th scope="row"> ${HOSTILE_ESCAPED} </th>`);
  expect(page).not.toContain(`alert('x')`);
});

test('before the first period the page waits for it', async () => {
  const { status, page } = await open((await linkOf('new')).url);
  expect(status).toBe(200);
  expect(page).toContain('is being set up');
});

test('an expired link says so, and shows nothing', async () => {
  const links = createDashboardLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_test' });
  const openUntil = (milliseconds: number) => {
    const expiresAt = new Date(Date.now() + milliseconds);
    return open(`${api.url}/dashboard?token=${links.sign({ customer: 'ada', expiresAt })}`);
  };
  expect((await openUntil(60_000)).status).toBe(200);
  const { status, page } = await openUntil(-1_000);
  expect(status).toBe(403);
  expect(page).toContain('This link has expired');
  expect(page).not.toContain('150,000');
});

const payloadOf = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
const FAR = 4_000_000_000;

test.each<[string, (payload: string, signature: string) => string]>([
  ['for another customer', (_, signature) => `${payloadOf(['new', FAR])}.${signature}`],
  ['that lasts longer', (_, signature) => `${payloadOf(['ada', FAR])}.${signature}`],
  ['with a sign more', (payload, signature) => `${payload}.${signature}A`],
  ['whose last sign differs', (payload, signature) => `${payload}.${turned(signature)}`],
  ['without a signature', (payload) => payload],
  ['with nothing', () => ''],
  ['given twice', (payload, signature) => `${payload}.${signature}&token=a`],
])('a link %s is refused', async (_fault, change) => {
  const [payload = '', signature = ''] = (await linkOf('ada')).url.split('token=')[1]!.split('.');
  const { status, page } = await open(`${api.url}/dashboard?token=${change(payload, signature)}`);
  expect(status).toBe(403);
  expect(page).toContain('This link is not valid');
});

/** The last of 43 signs carries 4 bits: this spelling decodes to the same bytes. */
function turned(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.slice(-1)) ^ 1];
}

test('without a link the page tells how to get one', async () => {
  const { status, page } = await open(`${api.url}/dashboard`);
  expect(status).toBe(200);
  expect(page).toContain(`curl -X POST ${api.url}/v1/customers/CUSTOMER/dashboard-link`);
});

test('the page runs only our own files, is kept by nobody, and framed by us alone', async () => {
  const { headers, page } = await open((await linkOf('ada')).url);
  const policy = String(headers.get('content-security-policy'));
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'self'");
  expect(policy).not.toContain('unsafe');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(page).not.toMatch(/ (style|on\w+)="/);
  const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
  expect(addresses.filter((address) => /^(https?:)?\/\//.test(String(address)))).toEqual([]);
  for (const file of ['dashboard.css', 'live.js'])
    expect((await fetch(`${api.url}/dashboard/${file}`)).status).toBe(200);
});

test('PUBLIC_URL is the base of links, and another secret does not open them', async () => {
  const config = {
    STRIPE_WEBHOOK_SECRET: 'whsec_test',
    DASHBOARD_SECRET: 'a secret of its own',
    PUBLIC_URL: 'https://bill.example.com/usage/',
  };
  const other = await startTestApi({ config });
  try {
    await other.addCustomer('ada');
    const response = await other.request('/v1/customers/ada/dashboard-link', {
      method: 'POST',
      key: other.keys.admin,
    });
    const { url } = (await response.json()) as Link;
    expect(url).toMatch(/^https:\/\/bill\.example\.com\/usage\/dashboard\?token=/);
    const search = new URL(url).search;
    expect((await open(`${other.url}/dashboard${search}`)).status).toBe(200);
    expect((await open(`${api.url}/dashboard${search}`)).status).toBe(403);
  } finally {
    await other.close();
  }
});

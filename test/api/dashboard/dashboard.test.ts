/** The customer's page: who gets to see it, and that it shows what the ledger says. */
import { createDashboardLinks } from '../../../src/links/signed-link';
import type { DashboardView } from '../../../src/dashboard/view';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { fillDashboard, HOSTILE } from '../../support/api/dashboard-case';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await fillDashboard(api);
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

/** What the page is given to show. */
async function viewAt(url: string): Promise<DashboardView> {
  const { page } = await open(url);
  const [, escaped = ''] = /<div id="app" data-view="([^"]*)">/.exec(page) ?? [];
  const signs = { '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' };
  const json = escaped.replace(/&(quot|#39|lt|gt|amp);/g, (sign) => signs[sign as '&lt;']);
  return JSON.parse(json) as DashboardView;
}

test('the page of a customer over the allowance has usage, money and what to do', async () => {
  const { customerName, billing } = await viewAt((await linkOf('ada')).url);
  expect(customerName).toBe(HOSTILE);
  expect(billing).toMatchObject({
    planName: 'Starter',
    now: '2026-02-15T00:00:00.000Z',
    period: { start: '2026-02-01T00:00:00Z', end: '2026-03-01T00:00:00Z' },
    ...{ usedTokens: 150_000, overageTokens: 50_000, allowanceUsedPercent: 150 },
    cost: {
      ...{ amountDueCents: 2915, planPriceCents: 2900 },
      lines: [{ rateId: 'overage_standard', tokens: 50_000, amountCents: 15 }],
    },
    // 14 of 28 days: 300,000 tokens at the end, 200,000 over, 60 cents.
    projection: { tokens: 300_000, grantedTokens: 0, overageTokens: 200_000, amountCents: 2960 },
    usage: [
      { day: '2026-02-03', tokenType: 'input', tokens: 149_000 },
      { day: '2026-02-10', model: HOSTILE, tokenType: 'output', tokens: 1_000 },
    ],
    invoices: [{ id: 'in_jan', status: 'paid', totalCents: 2900 }],
    access: { state: 'warned', upgradeName: 'Pro' },
  });
});

test('a cancellation, or another plan, that waits is on the page of whoever may only look', async () => {
  const { url } = await linkOf('ada');
  expect((await viewAt(url)).billing?.waiting).toEqual({ cancelAt: null, nextPlan: null });
  await api.pool.query(
    `update customers set next_plan = 'pro', next_plan_from = '2026-03-01T00:00:00Z'
      where customer = 'ada'`,
  );
  expect((await viewAt(url)).billing?.waiting).toMatchObject({
    nextPlan: { name: 'Pro', from: '2026-03-01T00:00:00.000Z' },
  });
  await api.pool.query(
    `update customers set next_plan = null, next_plan_from = null,
            cancel_at = '2026-03-01T00:00:00Z' where customer = 'ada'`,
  );
  expect((await viewAt(url)).billing?.waiting).toEqual({
    ...{ cancelAt: '2026-03-01T00:00:00.000Z', nextPlan: null },
  });
  expect((await viewAt(`${url}&period=previous`)).billing?.waiting).toBeNull();
  await api.pool.query(`update customers set cancel_at = null where customer = 'ada'`);
});

test('another period is shown when asked for, an unknown one is not there', async () => {
  const { url } = await linkOf('ada');
  const { billing } = await viewAt(`${url}&period=previous`);
  expect(billing).toMatchObject({ usedTokens: 0, isEnded: true });
  expect((await open(`${url}&period=2020-01-01T00:00:00Z`)).status).toBe(404);
  expect((await open(`${url}&period=${encodeURIComponent(HOSTILE)}`)).page).not.toContain(
    '<script>',
  );
});

test('names and models of whoever it may be are only text', async () => {
  const { page } = await open((await linkOf('ada')).url);
  expect(page).not.toContain(`<script>alert`);
});

test('before the first period there is nothing to show', async () => {
  expect(await viewAt((await linkOf('new')).url)).toEqual({
    ...{ customer: 'new', customerName: 'new', billing: null },
  });
});

test('an expired link says so, and shows nothing', async () => {
  const links = createDashboardLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_test' });
  const openUntil = (milliseconds: number) => {
    const expiresAt = new Date(Date.now() + milliseconds);
    return open(`${api.url}/dashboard?token=${links.sign({ subject: 'ada', expiresAt })}`);
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
  const files = addresses.filter((address) => address?.startsWith('dashboard/'));
  expect(files).toHaveLength(2);
  for (const file of [...files, 'dashboard/dashboard.css', 'dashboard/address.js'])
    expect((await fetch(`${api.url}/${file}`)).status).toBe(200);
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

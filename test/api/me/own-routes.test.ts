/** What a customer's token lets an app's page ask for: of one customer, what it names, no more. */
import { RIGHTS } from '../../../src/core/subscription/rights';
import type { Right } from '../../../src/core/subscription/rights';
import {
  createCustomerTokens,
  createDashboardLinks,
  createManageLinks,
  createPortalLinks,
} from '../../../src/links/signed-link';
import { customerTokenOf, LINK_CONFIG, startOwnPage, TO_PRO } from '../../support/api/own-page';
import type { OwnPage } from '../../support/api/own-page';

const APP = 'https://app.example.com';
const RETURN_URL = `${APP}/billing`;

let page: OwnPage;
beforeAll(async () => {
  page = await startOwnPage({ BROWSER_ORIGINS: APP });
  for (const customer of ['ada', 'bo']) await page.addSubscriber(customer);
});
afterAll(() => page.close());
beforeEach(() => {
  page.asked.length = 0;
});

/** Each route, the right that it needs, and a body that it would take. */
const ROUTES: readonly (readonly [string, Right | undefined, object])[] = [
  ['GET /v1/me/usage', undefined, {}],
  ['GET /v1/me/events', undefined, {}],
  ['GET /v1/me/plan', undefined, {}],
  ['GET /v1/me/invoices', 'invoices', {}],
  ['POST /v1/me/plan-price', 'plan', { plan: 'pro' }],
  ['POST /v1/me/plan', 'plan', TO_PRO],
  ['POST /v1/me/checkout', 'card', { returnUrl: RETURN_URL }],
];

const link = { subject: 'ada', expiresAt: new Date(Date.now() + 600_000), rights: RIGHTS };
const TOKENS: readonly (readonly [string, () => string | undefined])[] = [
  ['no token', () => undefined],
  ['a link that shows the page', () => createDashboardLinks(LINK_CONFIG).sign(link)],
  ['what changes something on the page', () => createManageLinks(LINK_CONFIG).sign(link)],
  ["a link to Stripe's portal", () => createPortalLinks(LINK_CONFIG).sign(link)],
  [
    "another secret's",
    () => createCustomerTokens({ STRIPE_WEBHOOK_SECRET: 'whsec_other' }).sign(link),
  ],
  [
    'an expired one',
    () =>
      createCustomerTokens(LINK_CONFIG).sign({ ...link, expiresAt: new Date(Date.now() - 1_000) }),
  ],
  ['a changed one', () => `${customerTokenOf('ada')}x`],
  ["an operator's key", () => page.api.keys.admin],
];

test.each(TOKENS)('%s is asked for another one, and gets nothing', async (_case, token) => {
  for (const [name, , body] of ROUTES) {
    const { status, code } = await page.send(name, { token: token(), body });
    expect([name, status, code]).toEqual([name, 401, 'unauthorized']);
  }
  expect(page.asked).toEqual([]);
});

test.each(ROUTES.filter(([, right]) => right))(
  '%s needs the right %s',
  async (name, right, body) => {
    for (const rights of [RIGHTS.filter((one) => one !== right), []]) {
      const { status, code } = await page.send(name, {
        token: customerTokenOf('ada', rights),
        body,
      });
      expect([status, code]).toEqual([403, 'forbidden']);
    }
    expect(page.asked).toEqual([]);
  },
);

test('a token cancels nothing, whatever it claims', async () => {
  for (const name of ['POST cancellation', 'DELETE cancellation', 'POST resumption'])
    expect((await page.send(name, { token: customerTokenOf('ada') })).status).toBe(401);
  const own = await page.send('POST /v1/me/cancellation', { token: customerTokenOf('ada') });
  expect(own.status).toBe(404);
  expect(page.asked).toEqual([]);
});

const askForToken = (customer: string, body: object, key = page.api.keys.admin) =>
  page.api.request(`/v1/customers/${customer}/token`, {
    ...{ method: 'POST', key, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json' },
  });

test('a token is made for what is named, for fifteen minutes unless asked otherwise', async () => {
  const response = await askForToken('ada', { allow: ['plan'] });
  expect(response.status).toBe(201);
  const { token, expiresAt } = (await response.json()) as { token: string; expiresAt: string };
  const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
  expect([seconds > 890, seconds <= 900]).toEqual([true, true]);
  const { answer } = await page.send('GET /v1/me/plan', { token });
  expect(answer).toMatchObject({
    customer: 'ada',
    rights: ['plan'],
    card: null,
    cancellation: null,
  });
  expect((await page.send('GET /v1/me/invoices', { token })).status).toBe(403);
});

test.each([
  ['the right to cancel', { allow: ['cancel'] }],
  ['more than an hour', { expiresInSeconds: 3_601 }],
  ['what there is not', { customer: 'bo' }],
])('no token is made for %s', async (_what, body) => {
  expect((await askForToken('ada', body)).status).toBe(422);
});

test('a key that only reads makes none: it could change plans by it', async () => {
  expect((await askForToken('ada', {}, page.api.keys.read)).status).toBe(403);
  expect((await askForToken('nobody', {})).status).toBe(404);
});

test('what is ordered is ordered for the customer of the token, once for each key', async () => {
  const token = customerTokenOf('bo');
  const order = { token, body: TO_PRO, key: 'a'.repeat(32) };
  const first = await page.send('POST /v1/me/plan', order);
  const second = await page.send('POST /v1/me/plan', order);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(page.asked.map(({ update, of }) => [update, of])).toEqual([['changePlan', 'bo']]);
});

test('Stripe’s page leads back to the app, and to nobody else', async () => {
  const token = customerTokenOf('ada');
  const send = (returnUrl: string) =>
    page.send('POST /v1/me/checkout', { token, body: { returnUrl } });
  expect((await send(RETURN_URL)).answer.url).toMatch(/^http/);
  const { data } = await page.stripe.checkout.sessions.list({ limit: 1 });
  expect(data[0]).toMatchObject({ success_url: RETURN_URL, cancel_url: RETURN_URL });
  for (const other of ['https://evil.example/', `${APP}.evil.example/`, 'javascript:alert(1)'])
    expect((await send(other)).code).toBe('invalid_request');
});

const preflight = (path: string, origin: string) =>
  fetch(page.api.url + path, {
    method: 'OPTIONS',
    headers: {
      ...{ origin, 'access-control-request-method': 'POST' },
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });

test('a browser lets the app’s pages ask, without cookies, and no others', async () => {
  const allowed = await preflight('/v1/me/plan', APP);
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, APP]);
  expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  const other = await preflight('/v1/me/plan', 'https://evil.example');
  expect(other.headers.get('access-control-allow-origin')).toBeNull();
  const elsewhere = await preflight('/v1/customers/ada/token', APP);
  expect(elsewhere.headers.get('access-control-allow-origin')).toBeNull();
});

test('a page is told why it was refused, also where its token has ended', async () => {
  const headers = { origin: APP, authorization: 'Bearer a.b' };
  const response = await fetch(`${page.api.url}/v1/me/usage`, { headers });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
    401,
    APP,
  ]);
  expect(response.headers.get('vary')).toMatch(/origin/i);
});

/** The way from an e-mail to Stripe's portal: for whoever has a link of ours, and nobody else. */
import { pino } from 'pino';
import {
  createDashboardLinks,
  createManageLinks,
  createPortalLinks,
} from '../../../src/links/signed-link';
import { createApiKey } from '../../../src/db/api-keys';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { json, startScriptedStripe } from '../../support/stripe/scripted-stripe';
import type { ScriptedStripe } from '../../support/stripe/scripted-stripe';

const config = { STRIPE_WEBHOOK_SECRET: 'whsec_test', PUBLIC_URL: 'https://bill.example.com/' };
const links = createPortalLinks(config);
const pages = createDashboardLinks(config);
const PORTAL = 'https://billing.stripe.example/session/bps_1';
const HOUR_MS = 3_600_000;

const warnings: string[] = [];
let api: TestApi;
let atStripe: ScriptedStripe;
beforeAll(async () => {
  atStripe = await startScriptedStripe();
  atStripe.answer = json(200, { id: 'bps_1', object: 'billing_portal.session', url: PORTAL });
  const log = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) });
  api = await startTestApi({ stripe: atStripe.stripe, config, log });
  await api.addCustomer('ada');
  await api.addCustomer('bea');
  await api.addCustomer('unfinished');
  await api.pool.query(
    `update customers set stripe_customer_id = 'cus_' || customer where customer in ('ada', 'bea')`,
  );
});
afterAll(async () => {
  await api.close();
  await atStripe.close();
});
beforeEach(() => {
  atStripe.requests.length = 0;
});

const YEAR_MS = 365 * 24 * HOUR_MS;

const soon = () => new Date(Date.now() + HOUR_MS);

const tokenFor = (customer: string, forMs = HOUR_MS) =>
  links.sign({ subject: customer, expiresAt: new Date(Date.now() + forMs) });

const open = (query: string) => fetch(`${api.url}/billing-portal${query}`, { redirect: 'manual' });

test('a link leads to a session of its customer, and back to the page it is for', async () => {
  const token = tokenFor('ada');
  const response = await open(`?token=${token}`);
  expect(response.status).toBe(303);
  expect(response.headers.get('location')).toBe(PORTAL);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  expect(atStripe.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /v1/billing_portal/sessions',
  ]);
});

test.each<[string, () => string, string]>([
  ['no token', () => '', 'not valid'],
  ['a token that is no text', () => '?token=a&token=b', 'not valid'],
  ['a token of nobody’s', () => '?token=abc.def', 'not valid'],
  ['a changed token', () => `?token=${tokenFor('ada')}x`, 'not valid'],
  [
    'another secret’s token',
    () => {
      const others = createPortalLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_other' });
      const expiresAt = new Date(Date.now() + HOUR_MS);
      return `?token=${others.sign({ subject: 'ada', expiresAt })}`;
    },
    'not valid',
  ],
  [
    'the token of a page',
    () => `?token=${pages.sign({ subject: 'ada', expiresAt: soon() })}`,
    'not valid',
  ],
  [
    'a token that works longer than any of ours',
    () => `?token=${tokenFor('ada', YEAR_MS)}`,
    'not valid',
  ],
  ['an expired token', () => `?token=${tokenFor('ada', -1_000)}`, 'has expired'],
  ['a customer that is gone', () => `?token=${tokenFor('nobody')}`, 'not valid'],
  [
    'a customer that Stripe does not have yet',
    () => `?token=${tokenFor('unfinished')}`,
    'not valid',
  ],
])('%s: a page that says so, and no session', async (_case, query, told) => {
  const response = await open(query());
  expect(response.status).toBe(403);
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(response.headers.get('location')).toBeNull();
  expect(await response.text()).toContain(told);
  expect(atStripe.requests).toEqual([]);
});

const portalLink = (customer: string, key: string | undefined, body: object = {}) =>
  api.request(`/v1/customers/${customer}/portal-link`, {
    ...{ method: 'POST', body: JSON.stringify(body), ...(key !== undefined && { key }) },
    headers: { 'content-type': 'application/json' },
  });

test('an operator has a link for a customer, which works for a quarter of an hour', async () => {
  const response = await portalLink('ada', api.keys.admin);
  expect(response.status).toBe(201);
  const { url, expiresAt } = (await response.json()) as { url: string; expiresAt: string };
  expect(url).toMatch(/^https:\/\/bill\.example\.com\/billing-portal\?token=/);
  const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(13);
  expect(minutes).toBeLessThanOrEqual(15);
  expect((await open(new URL(url).search)).status).toBe(303);
});

const linkWith = async (allow: readonly string[]) => {
  const response = await portalLink('ada', api.keys.admin, { allow });
  expect(response.status).toBe(201);
  return new URL(((await response.json()) as { url: string }).url);
};

test('with what is allowed it leads to the page, and what allows it is behind the #', async () => {
  const url = await linkWith(['card', 'cancel']);
  expect(`${url.origin}${url.pathname}`).toBe('https://bill.example.com/dashboard');
  expect((await fetch(`${api.url}/dashboard${url.search}`)).status).toBe(200);
  const manageToken = new URLSearchParams(url.hash.slice(1)).get('manage');
  const manage = createManageLinks(config).verify(String(manageToken), new Date());
  expect(manage).toMatchObject({ subject: 'ada', rights: ['card', 'cancel'] });
  expect(url.search).not.toContain(String(manageToken));
});

test('what lets a customer change something opens neither the page nor the portal', async () => {
  const url = await linkWith(['card']);
  const manageToken = new URLSearchParams(url.hash.slice(1)).get('manage');
  for (const path of ['/dashboard', '/dashboard/events', '/billing-portal'])
    expect((await fetch(`${api.url}${path}?token=${manageToken}`)).status).toBe(403);
  expect((await open(url.search)).status).toBe(403);
});

test('who may read gets no such link, bound to the customer or not', async () => {
  const { key } = await createApiKey(api.pool, {
    ...{ name: 'of ada', scopes: ['ingest', 'read'], customer: 'ada' },
  });
  for (const one of [api.keys.read, api.keys.ingest, key])
    for (const body of [{}, { allow: ['card'] }])
      expect((await portalLink('ada', one, body)).status).toBe(403);
  expect((await portalLink('ada', undefined)).status).toBe(401);
});

test.each<[string, object, number, string]>([
  ['nobody', {}, 404, 'customer_not_found'],
  ['unfinished', {}, 409, 'customer_not_payable'],
  ['ada', { expiresInSeconds: 0 }, 422, 'invalid_request'],
  ['ada', { expiresInSeconds: 86_401 }, 422, 'invalid_request'],
  ['ada', { plan: 'pro' }, 422, 'invalid_request'],
  ['ada', { allow: [] }, 422, 'invalid_request'],
  ['ada', { flow: 'pause' }, 422, 'invalid_request'],
  ['ada', { flow: 'card', allow: ['card'] }, 422, 'invalid_request'],
  ['ada', { allow: ['everything'] }, 422, 'invalid_request'],
  ['nobody', { allow: ['card'] }, 404, 'customer_not_found'],
])('a portal link of %s with %j is refused', async (customer, body, status, code) => {
  const response = await portalLink(customer, api.keys.admin, body);
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    ...[status, code],
  ]);
});

const sentFlow = () => {
  const entries = [...new URLSearchParams(atStripe.bodies.at(-1))];
  return Object.fromEntries(entries.filter(([name]) => name.startsWith('flow_data')));
};
const DONE = 'flow_data[after_completion]';

test('a link for a card leads to where one is put in, and from there to the page', async () => {
  const response = await portalLink('bea', api.keys.admin, { flow: 'card' });
  const { search } = new URL(((await response.json()) as { url: string }).url);
  expect((await open(search)).headers.get('location')).toBe(PORTAL);
  expect(sentFlow()).toEqual({
    'flow_data[type]': 'payment_method_update',
    [`${DONE}[type]`]: 'redirect',
    [`${DONE}[redirect][return_url]`]: expect.stringMatching(
      /^https:\/\/bill\.example\.com\/dashboard\?token=/,
    ) as string,
  });
});

test('a link for the end leads to it only if there is something to end', async () => {
  await api.pool.query(`update customers set subscription_id = null where customer = 'bea'`);
  await open(`?token=${tokenFor('bea')}&flow=cancel`);
  expect(sentFlow()).toEqual({});
  await api.pool.query(`update customers set subscription_id = 'sub_1' where customer = 'bea'`);
  await open(`?token=${tokenFor('bea')}&flow=cancel`);
  expect(sentFlow()).toMatchObject({
    'flow_data[type]': 'subscription_cancel',
    'flow_data[subscription_cancel][subscription]': 'sub_1',
  });
  await open(`?token=${tokenFor('bea')}&flow=everything`);
  expect(sentFlow()).toEqual({});
});

test('where Stripe’s portal has no such thing, all of it is opened', async () => {
  const { answer } = atStripe;
  const message = 'The feature in the portal configuration is disabled.';
  const refused = json(400, { error: { type: 'invalid_request_error', message } });
  atStripe.answer = (...call) => (atStripe.requests.length === 1 ? refused : answer)(...call);
  const response = await open(`?token=${tokenFor('bea')}&flow=card`);
  atStripe.answer = answer;
  expect([response.status, response.headers.get('location')]).toEqual([303, PORTAL]);
  expect(atStripe.requests).toHaveLength(2);
  expect(sentFlow()).toEqual({});
  expect(warnings.filter((line) => line.includes('opened as a whole'))).toHaveLength(1);
});

test('the portal leads back to the page, by a link that opens no portal', async () => {
  await open(`?token=${tokenFor('ada')}`);
  const sent = new URLSearchParams(atStripe.bodies.at(-1));
  const back = new URL(String(sent.get('return_url')));
  expect(`${back.origin}${back.pathname}`).toBe('https://bill.example.com/dashboard');
  expect((await open(back.search)).status).toBe(403);
  expect((await fetch(`${api.url}/dashboard${back.search}`)).status).toBe(200);
});

test('links of one customer are opened a few times a minute, and those of others as well', async () => {
  for (const customer of ['clicking', 'calm']) {
    await api.addCustomer(customer);
    await api.pool.query('update customers set stripe_customer_id = $1 where customer = $1', [
      customer,
    ]);
  }
  const opened = await Promise.all(
    Array.from({ length: 50 }, () => open(`?token=${tokenFor('clicking')}`)),
  );
  const refused = opened.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(30);
  expect(atStripe.requests).toHaveLength(50 - refused.length);
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await open(`?token=${tokenFor('calm')}`)).status).toBe(303);
});

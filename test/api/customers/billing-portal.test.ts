/** The way from an e-mail to Stripe's portal: for whoever has a link of ours, and nobody else. */
import { createDashboardLinks } from '../../../src/links/signed-link';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { json, startScriptedStripe } from '../../support/stripe/scripted-stripe';
import type { ScriptedStripe } from '../../support/stripe/scripted-stripe';

const config = { STRIPE_WEBHOOK_SECRET: 'whsec_test', PUBLIC_URL: 'https://bill.example.com/' };
const links = createDashboardLinks(config);
const PORTAL = 'https://billing.stripe.example/session/bps_1';
const HOUR_MS = 3_600_000;

let api: TestApi;
let atStripe: ScriptedStripe;
beforeAll(async () => {
  atStripe = await startScriptedStripe();
  atStripe.answer = json(200, { id: 'bps_1', object: 'billing_portal.session', url: PORTAL });
  api = await startTestApi({ stripe: atStripe.stripe, config });
  await api.addCustomer('ada');
  await api.addCustomer('unfinished');
  await api.pool.query(
    `update customers set stripe_customer_id = 'cus_ada' where customer = 'ada'`,
  );
});
afterAll(async () => {
  await api.close();
  await atStripe.close();
});
beforeEach(() => {
  atStripe.requests.length = 0;
});

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
      const others = createDashboardLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_other' });
      const expiresAt = new Date(Date.now() + HOUR_MS);
      return `?token=${others.sign({ subject: 'ada', expiresAt })}`;
    },
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

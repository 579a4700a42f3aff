/** Who may change something on the customer's page: by a token that says so, and nothing else. */
import { RIGHTS } from '../../../src/core/subscription/rights';
import type { Right } from '../../../src/core/subscription/rights';
import {
  createCustomerTokens,
  createDashboardLinks,
  createManageLinks,
  createPortalLinks,
  createSignedLinks,
} from '../../../src/links/signed-link';
import type { SignedLink } from '../../../src/links/signed-link';
import { LINK_CONFIG, manageTokenOf, startOwnPage, TO_PRO } from '../../support/api/own-page';
import type { OwnPage } from '../../support/api/own-page';

let page: OwnPage;
beforeAll(async () => {
  page = await startOwnPage();
  for (const customer of ['ada', 'bo']) await page.addSubscriber(customer);
});
afterAll(() => page.close());
beforeEach(() => {
  page.asked.length = 0;
});

/** Each route, the right that it needs, and a body that it would take. */
const ROUTES: readonly (readonly [string, Right, object])[] = [
  ['GET invoices', 'invoices', {}],
  ['POST plan-price', 'plan', { plan: 'pro' }],
  ['POST plan', 'plan', TO_PRO],
  ['POST resumption', 'plan', { dueNowCents: 2_900 }],
  ['POST cancellation', 'cancel', {}],
  ['DELETE cancellation', 'cancel', {}],
  ['POST checkout', 'card', {}],
];

const link: SignedLink = { subject: 'ada', expiresAt: new Date(Date.now() + 600_000) };
const all = { ...link, rights: RIGHTS };
const TOKENS: readonly (readonly [string, () => string | undefined])[] = [
  ['no token', () => undefined],
  ['a link that shows the page', () => createDashboardLinks(LINK_CONFIG).sign(link)],
  ['one that shows it and claims rights', () => createDashboardLinks(LINK_CONFIG).sign(all)],
  ["an app's token of the customer", () => createCustomerTokens(LINK_CONFIG).sign(all)],
  ["a link to Stripe's portal", () => createPortalLinks(LINK_CONFIG).sign(all)],
  [
    "a vendor's link",
    () => createSignedLinks(LINK_CONFIG, 'tollkeeper vendor dashboard link v1').sign(all),
  ],
  ["another secret's", () => createManageLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_other' }).sign(all)],
  [
    'an expired one',
    () => createManageLinks(LINK_CONFIG).sign({ ...all, expiresAt: new Date(Date.now() - 1_000) }),
  ],
  ['a changed one', () => `${createManageLinks(LINK_CONFIG).sign(all)}x`],
  ["an operator's key", () => page.api.keys.admin],
];

test.each(TOKENS)('%s changes nothing, and shows nothing', async (_case, token) => {
  for (const [name, , body] of [['GET standing', 'card', {}] as const, ...ROUTES]) {
    const { status, code } = await page.send(name, { token: token(), body });
    expect([name, status, code]).toEqual([name, 401, 'unauthorized']);
  }
  expect(page.asked).toEqual([]);
});

test.each(ROUTES)('%s needs the right %s', async (name, right, body) => {
  const others = RIGHTS.filter((one) => one !== right);
  for (const rights of [others, []]) {
    const { status, code } = await page.send(name, { token: manageTokenOf('ada', rights), body });
    expect([status, code]).toEqual([403, 'forbidden']);
  }
  expect(page.asked).toEqual([]);
});

test('a token in the address is none: it would be in logs', async () => {
  for (const query of ['token', 'manage']) {
    const url = `${page.api.url}/dashboard/standing?${query}=${manageTokenOf('ada')}`;
    expect((await fetch(url)).status).toBe(401);
  }
});

test('another site gets no leave to send the header', async () => {
  const response = await fetch(`${page.api.url}/dashboard/cancellation`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(response.headers.get('access-control-allow-headers')).toBeNull();
});

test('what is done is done to the customer of the token', async () => {
  await page.send('POST cancellation', { token: manageTokenOf('bo') });
  expect(page.asked.map(({ of }) => of)).toEqual(['bo']);
});

test('a page that asks too often is told to wait, and others are not', async () => {
  await page.addSubscriber('often');
  const tries = Array.from({ length: 30 }, () =>
    page.send('POST cancellation', { token: manageTokenOf('often') }),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(7);
  expect((await page.send('GET standing', { token: manageTokenOf('bo') })).status).toBe(200);
});

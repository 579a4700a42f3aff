/**
 * Goal: an app's own page shows and changes a customer's billing by components that it installs.
 * Method: an app with them, bundled, in a real browser, of another origin than the product's.
 */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { accessibilityFaults, focusedText, isWiderThanScreen } from '../support/api/page-checks';
import { press, startVisits } from '../support/browser/customer-visits';
import type { CustomerVisits } from '../support/browser/customer-visits';
import { startReactApp } from '../support/browser/react-app';
import type { ReactApp } from '../support/browser/react-app';
import { eventually } from '../support/stack/eventually';

jest.setTimeout(300_000);

const PHONE = { width: 375, height: 740 };
const ALL = ['plan', 'card', 'invoices'];

let app: ReactApp;
let visits: CustomerVisits;
beforeAll(async () => {
  app = await startReactApp();
  visits = await startVisits({ BROWSER_ORIGINS: app.url }, { keepsOrigins: true });
  for (const customer of ['ada', 'bo', 'cy']) await visits.addSubscriber(customer);
});
afterAll(async () => {
  await visits.stop();
  await app.close();
});
beforeEach(() => {
  app.tokens.length = 0;
});
afterEach(async () => {
  expect(await visits.forget()).toEqual([]);
});

const giveTokensOf = (customer: string, body: object = { allow: ALL }) =>
  app.giveTokens(async () => {
    const path = `/v1/customers/${customer}/token`;
    return (await visits.product.api.post<{ token: string }>(path, body)).token;
  });

async function open(customer: string, options?: BrowserContextOptions): Promise<Page> {
  giveTokensOf(customer);
  const page = await visits.open(addressOfApp(), options);
  await page.getByText('of 100,000 included tokens').waitFor();
  await page.getByRole('button', { name: 'See the price of Pro' }).waitFor();
  return page;
}

const addressOfApp = () => `${app.url}/?api=${encodeURIComponent(visits.product.apiUrl)}`;

const use = (customer: string, id: string, tokens: number): Promise<void> =>
  visits.product.api.recordUsage(customer, [
    { id, model: 'gpt-4o-mini', tokens: { input: tokens }, second: Math.floor(Date.now() / 1000) },
  ]);

async function usedTokensOf(customer: string): Promise<string> {
  const { rows } = await visits.product.pool.query<{ tokens: string }>(
    `select coalesce(sum(input + output), 0)::text as tokens from usage_events where customer = $1`,
    [customer],
  );
  return Number(rows[0]?.tokens).toLocaleString('en-US');
}

test('usage is what the ledger has, and what is used is shown as it is used', async () => {
  await use('ada', 'r1', 42_000);
  const page = await open('ada');
  await page.getByText('42,000', { exact: true }).first().waitFor();
  await use('ada', 'r2', 1_234);
  await page.getByText('43,234', { exact: true }).first().waitFor();
  expect(await usedTokensOf('ada')).toBe('43,234');
  expect(app.tokens).toHaveLength(1);
});

test('a plan is changed at the price that was shown, once it is confirmed', async () => {
  const page = await open('bo');
  await press(page, 'See the price of Pro');
  await page
    .getByRole('row', { name: /To pay now/ })
    .getByText('$70.00')
    .waitFor();
  expect(await focusedText(page)).toBe('Change to Pro now');
  const planOf = async () =>
    (await visits.product.api.get<{ plan: string }>('/v1/customers/bo'))?.plan;
  expect(await planOf()).toBe('starter');
  await visits.shoot(page, 'react-price');
  await press(page, 'Change, and pay $70.00 now');
  await page.getByText('You are on Pro now.').waitFor();
  await page.getByText('of 500,000 included tokens').waitFor();
  await page.getByRole('row', { name: /Change of plan/ }).waitFor();
  expect(await planOf()).toBe('pro');
  await visits.shoot(page, 'react-changed');
});

test('a token that ends is replaced, and the page goes on', async () => {
  giveTokensOf('ada', { allow: ALL, expiresInSeconds: 2 });
  const page = await visits.open(addressOfApp());
  await page.getByText('of 100,000 included tokens').waitFor();
  await eventually(
    async () => app.tokens.length,
    (given) => given > 1,
  );
  await use('ada', 'r3', 1);
  await page.getByText('43,235', { exact: true }).first().waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('where the app gives no token, each part says so, and can be asked again', async () => {
  app.giveTokens(async () => {
    throw new Error('nobody is signed in');
  });
  const page = await visits.open(addressOfApp());
  const alert = page.getByRole('alert').filter({ hasText: 'You could not be signed in' });
  await alert.nth(2).waitFor();
  giveTokensOf('cy');
  const again = page.getByRole('button', { name: 'Try again' });
  for (let parts = 3; parts > 0; parts -= 1) await again.nth(parts - 1).click();
  await page.getByText('of 100,000 included tokens').waitFor();
});

test('a page of another origin is told nothing', async () => {
  giveTokensOf('ada');
  const page = await visits.open(addressOfApp().replace('127.0.0.1', 'localhost'));
  await page.getByRole('alert').filter({ hasText: 'could not be reached' }).first().waitFor();
  expect(await page.getByText('included tokens').count()).toBe(0);
});

test.each([
  ['in the light', {}],
  ['in the dark', { colorScheme: 'dark' }],
  ['on a phone', { viewport: PHONE }],
] as const)('it is accessible, and fits, %s', async (place, options) => {
  const page = await open('cy', options);
  await visits.shoot(page, `react ${place}`.replaceAll(' ', '-'));
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isWiderThanScreen(page)).toBe(false);
  await press(page, 'See the price of Pro');
  await page.getByRole('row', { name: /To pay now/ }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isWiderThanScreen(page)).toBe(false);
});

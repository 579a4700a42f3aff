/** What the link lets one do on the customer's page: as much as it says, and for everybody. */
import type { BrowserContextOptions } from 'playwright-core';
import { accessibilityFaults, isWiderThanScreen } from '../support/api/page-checks';
import type { CustomerVisits } from '../support/browser/customer-visits';
import { press, putInCard, section, startVisits } from '../support/browser/customer-visits';

const PHONE = { width: 375, height: 740 };

jest.setTimeout(300_000);

let visits: CustomerVisits;
beforeAll(async () => {
  visits = await startVisits();
});
afterAll(() => visits.stop());
afterEach(async () => {
  expect(await visits.forget()).toEqual([]);
});

test('what lets the page change something is in no address that is asked for', async () => {
  await visits.addSubscriber('quiet');
  const url = await visits.portalLink('quiet');
  const token = String(new URLSearchParams(new URL(url).hash.slice(1)).get('manage'));
  const page = await visits.open('about:blank');
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url(), request.headers().referer ?? ''));
  await page.goto(url);
  await press(page, 'Change the card');
  await putInCard(page, '4242 4242 4242 4242', /^Save/);
  await page.getByText('Your card is saved.').waitFor();
  expect(page.url()).not.toContain('=');
  const { origin } = new URL(url);
  const sent = addresses.filter((address) => address.split('#')[0]?.includes(token));
  expect([addresses.some((address) => address.startsWith(origin)), sent]).toEqual([true, []]);
});

test('a link that only shows the page takes away what the tab could do', async () => {
  await visits.addSubscriber('shown');
  const page = await visits.open(await visits.portalLink('shown'));
  await section(page, 'plan').waitFor();
  await page.reload();
  await section(page, 'plan').waitFor();
  await page.goto(await visits.readLink('shown'));
  await section(page, 'usage').waitFor();
  expect(await page.locator('button').count()).toBe(0);
  await page.reload();
  await section(page, 'usage').waitFor();
  expect(await page.locator('button').count()).toBe(0);
});

test('a link put together of two customers changes nothing', async () => {
  await visits.addSubscriber('victim');
  await visits.addSubscriber('thief');
  const shown = new URL(await visits.portalLink('victim'));
  shown.hash = new URL(await visits.portalLink('thief')).hash;
  const page = await visits.open(shown.href);
  await page.getByRole('alert').getByText('put together of two').waitFor();
  expect(await page.locator('button').count()).toBe(0);
});

test.each<[string, BrowserContextOptions]>([
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: PHONE, isMobile: true }],
  ['dark phone', { viewport: PHONE, isMobile: true, colorScheme: 'dark' }],
])('%s: everybody can read and use it', async (as, options) => {
  const [has, buys] = [`has-${as}`, `buys-${as}`].map((name) => name.replace(' ', '-'));
  await visits.addSubscriber(String(has));
  const page = await visits.open(await visits.portalLink(String(has)), options);
  const check = async (name: string) => {
    await visits.shoot(page, `${as} ${name}`);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await isWiderThanScreen(page)).toBe(false);
  };
  await page.getByText('of 100,000 included tokens').waitFor();
  await section(page, 'invoices').getByText('paid').waitFor();
  await check('page');
  await press(page, 'Change the plan');
  await check('plans');
  await press(page, 'See the price of Pro');
  await page.getByRole('row', { name: /To pay now/ }).waitFor();
  await check('price');
  await page.keyboard.press('Escape');
  await press(page, 'Cancel the subscription');
  await check('cancel');
  await press(page, /^Cancel for/);
  await page.locator('#plan-future').getByText('It ends on').waitFor({ timeout: 60_000 });
  await check('canceled');
  await page.goto(await visits.readLink(String(has)));
  await page.locator('#waiting-change').getByText('It ends on').waitFor();
  await check('canceled-read');
  await visits.makeStranger(String(buys));
  await page.goto(await visits.portalLink(String(buys)));
  await page.getByRole('button', { name: 'Subscribe to Starter' }).waitFor();
  await check('shop');
});

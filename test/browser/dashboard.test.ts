/** The customer's page in a real browser: what is seen, that it is live, and for everybody. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { drainLedger } from '../../src/ingest/sealing';
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import { startBrowser } from '../support/stack/browser';
import { fillDashboard, HOSTILE, linkTo } from '../support/api/dashboard-case';
import { accessibilityFaults, focusedText, isWiderThanScreen } from '../support/api/page-checks';
import { untilPainted, watchLayoutShifts } from '../support/api/page-checks';

/** --series-1 in the light. */
const FIRST_COLOR = 0x2f5fd0;
const PHONE = { width: 375, height: 740 };

let api: TestApi;
let browser: Browser;
const faults: string[] = [];

beforeAll(async () => {
  api = await startTestApi();
  await fillDashboard(api);
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await api.close();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  expect(faults.splice(0)).toEqual([]);
});

/** Errors of the page, and what its policy refused, fail the test that opened it. */
async function open(options: BrowserContextOptions = {}, query = ''): Promise<Page> {
  const viewer = { locale: 'en-US', timezoneId: 'Europe/Berlin' };
  const context = await browser.newContext({ ...viewer, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto((await linkTo(api, 'ada')) + query);
  await page.waitForSelector('#usage');
  return page;
}

const textOf = (page: Page, selector: string) => page.locator(selector).innerText();

const card = (page: Page, id: string) => textOf(page, `section[aria-labelledby=${id}]`);

test('the bar shows how much of the allowance is used, and what is beyond it', async () => {
  const page = await open();
  expect(await textOf(page, '#used-tokens')).toBe('150,000');
  expect(await card(page, 'usage')).toMatch(/of 100,000 included tokens\s+150\.0%/);
  const bar = page.getByRole('progressbar', { name: 'Allowance used' });
  expect(await bar.getAttribute('aria-valuetext')).toBe(
    '150,000 of 100,000 included tokens are used',
  );
  const width = async (part: string) => (await page.locator(`.bar .${part}`).boundingBox())?.width;
  expect((await width('inside'))! / (await width('track'))!).toBeCloseTo(2 / 3, 2);
});

test('the projection says how it is computed', async () => {
  const page = await open();
  expect(await textOf(page, '#projected')).toBe('$29.60');
  await page.getByText('How this is computed').click();
  const steps = await page.locator('#projection ~ details li').allInnerTexts();
  expect(steps).toEqual([
    '150,000 tokens in 14 of 28 days.',
    'At the same pace to the end: 300,000 tokens.',
    'Less 100,000 included: 200,000 over.',
    "Priced in the mix of models used so far: $0.60, plus the plan's $29.00.",
  ]);
});

test('the amount due is the sum of the lines below it', async () => {
  const page = await open();
  expect(await textOf(page, '#amount-due')).toBe('$29.15');
  const rows = await page.locator('section[aria-labelledby=cost] tbody tr').allInnerTexts();
  expect(rows.map((row) => row.split(/\s*[\t\n]\s*/).filter(Boolean))).toEqual([
    ['Starter, each period', '$29.00'],
    ['Beyond the allowance', 'overage_standard', '50,000', '$3.00', '$0.15'],
    ['Sum', '$29.15'],
  ]);
});

test('the chart draws a bar for each day, and its table has the figures', async () => {
  const page = await open();
  await untilPainted(page, '.chart canvas', FIRST_COLOR);
  await page.getByText('As a table').click();
  const rows = await page.locator('section[aria-labelledby=daily] tbody tr').allInnerTexts();
  expect(rows).toEqual(['Tuesday, February 3, 2026\t149,000', 'Tuesday, February 10, 2026\t1,000']);
});

test('models, invoices and access are there, with what to do', async () => {
  const page = await open();
  expect(await card(page, 'models')).toMatch(/149,000 input\s+149,000\s+99\.3%/);
  expect(await card(page, 'invoices')).toContain('in_jan');
  expect(await card(page, 'access')).toMatch(/warned[^]*Pro has a larger allowance\./);
});

test('names and models of whoever it may be are only text', async () => {
  const page = await open();
  expect(await textOf(page, 'h1')).toBe(HOSTILE);
  expect(await card(page, 'models')).toContain(HOSTILE);
});

test('a posted usage event is on the page by itself, and nothing moves for it', async () => {
  const page = await open();
  const shifts = await watchLayoutShifts(page);
  const { status } = await api.postUsage({
    ...{ id: 'live-1', customer: 'ada', model: 'gpt-4o-mini' },
    ...{ tokens: { input: 1_234 }, occurredAt: '2026-02-14T12:00:00Z' },
  });
  expect(status).toBe(202);
  await drainLedger(api.pool, 'ada');
  await page.getByText('151,234', { exact: true }).first().waitFor();
  expect(await textOf(page, 'footer')).toContain('Live.');
  expect(await shifts()).toBe(0);
});

test('money, figures and times are written as the viewer writes them', async () => {
  const page = await open({ locale: 'de-DE', timezoneId: 'America/New_York' });
  expect(await textOf(page, '#used-tokens')).toMatch(/^15\d\.\d{3}$/);
  expect(await textOf(page, '#amount-due')).toBe('29,15\u00a0$');
  // The period begins at midnight in UTC: in New York that is the evening before.
  expect(await textOf(page, 'header')).toContain('31.01.2026, 19:00');
  expect(await textOf(page, 'footer')).toContain('America/New York');
});

test('an ended period has nothing to project and leads back to the current one', async () => {
  const page = await open({}, '&period=previous');
  expect(await card(page, 'projection')).toContain('nothing is left to estimate');
  expect(await page.locator('#access').count()).toBe(0);
  await page.getByRole('link', { name: 'current period' }).click();
  await page.waitForSelector('#access');
});

test('a link that expires while it is looked at shows nothing any more', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(await linkTo(api, 'ada', { expiresInSeconds: 2 }));
  await page.getByText('This link has expired').waitFor();
  expect(await textOf(page, 'body')).not.toContain('tokens');
});

test('before the first period the page waits for it', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(await linkTo(api, 'new'));
  await page.getByText('is being set up').waitFor();
});

test.each<[string, BrowserContextOptions]>([
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: PHONE }],
  ['dark phone', { viewport: PHONE, colorScheme: 'dark' }],
])('%s: no violation of accessibility, and nothing wider than the screen', async (_as, options) => {
  const page = await open(options);
  for (const details of await page.locator('summary').all()) await details.click();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isWiderThanScreen(page)).toBe(false);
});

test('everything that can be clicked is reached by the keyboard, in order', async () => {
  const page = await open();
  const reached: string[] = [];
  for (let presses = 0; presses < 5; presses += 1) {
    await page.keyboard.press('Tab');
    reached.push(await focusedText(page));
  }
  expect(reached).toEqual([
    'See each line.',
    'How this is computed',
    'As a table',
    expect.stringContaining('2026'),
    '',
  ]);
});

test('a page of a configured origin shows it in a frame, another can not', async () => {
  const host = await startTestApi();
  const framed = await startTestApi({
    config: { STRIPE_WEBHOOK_SECRET: 'whsec_test', DASHBOARD_FRAME_ORIGINS: host.url },
  });
  try {
    await framed.addCustomer('ada');
    const link = await linkTo(framed, 'ada');
    const shownIn = async (origin: string) => {
      const page = await (await browser.newContext()).newPage();
      const body = `<iframe src="${link}"></iframe>`;
      await page.route(`${origin}/host`, (route) =>
        route.fulfill({ contentType: 'text/html', body }),
      );
      const refused = page
        .waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
        .then(() => false);
      await page.goto(`${origin}/host`);
      const shown = page.frameLocator('iframe').locator('h1').waitFor();
      return Promise.race([shown.then(() => true), refused]);
    };
    expect(await shownIn(host.url)).toBe(true);
    expect(await shownIn(api.url)).toBe(false);
  } finally {
    await framed.close();
    await host.close();
  }
});

test('the token leaves the address, and the page can be loaded again and led to another period', async () => {
  const page = await open();
  const tokenOf = () => new URL(page.url()).searchParams.get('token');
  expect(tokenOf()).toBeNull();
  await page.reload();
  await page.waitForSelector('#usage');
  expect(tokenOf()).toBeNull();
  await page.goto(`${page.url()}?period=previous`);
  await page.waitForSelector('#usage');
  expect(new URL(page.url()).search).toBe('?period=previous');
});

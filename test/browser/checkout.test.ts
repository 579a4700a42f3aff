/** From sign-up to the first usage on their own page, in a browser: one card is declined first. */
import type Stripe from 'stripe';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startBrowser } from '../support/stack/browser';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { accessibilityFaults, isWiderThanScreen } from '../support/api/page-checks';

jest.setTimeout(180_000);

const LOOKS: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['on a phone', { viewport: { width: 375, height: 740 }, isMobile: true }],
];

let product: Product;
let browser: Browser;
const faults: string[] = [];

beforeAll(async () => {
  product = await startProduct();
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await product.stop();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  expect(faults.splice(0)).toEqual([]);
});

async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(url);
  return page;
}

async function signUp(customer: string, more: object = {}): Promise<string> {
  const address = `${product.apiUrl}/healthz`;
  const { url } = await product.api.post<{ url: string }>(`/v1/customers/${customer}/checkout`, {
    ...{ plan: 'starter', successUrl: address, cancelUrl: address, ...more },
  });
  return url;
}

async function payBy(page: Page, number: string): Promise<void> {
  const email = page.getByLabel('E-mail');
  if (await email.isEditable()) await email.fill('ada@example.com');
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expires').fill('12 / 34');
  await page.getByLabel('CVC').fill('123');
  await page.getByLabel('Name on the card').fill('Ada Lovelace');
  await page.getByRole('button', { name: 'Subscribe' }).click();
}

/** SCREENSHOTS=folder keeps what was seen, to be looked at. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

const pageLink = async (customer: string) => {
  const path = `/v1/customers/${customer}/dashboard-link`;
  return (await product.api.post<{ url: string }>(path, {})).url;
};

test('a stranger whose card is declined pays by another, and sees their first usage', async () => {
  const url = await signUp('ada');
  const successUrl = await pageLink('ada');
  const page = await open(await signUp('ada', { successUrl }));
  await payBy(page, '4000 0000 0000 0002');
  expect(await page.getByRole('alert').innerText()).toBe('Your card was declined.');
  await payBy(page, '4000 0025 0000 3155');
  await page.getByRole('button', { name: 'Fail' }).click();
  expect(await page.getByRole('alert').innerText()).toContain('unable to authenticate');
  await payBy(page, '4000 0025 0000 3155');
  await page.getByRole('button', { name: 'Complete' }).click();
  // Checkout leads to their own page, which is live as soon as billing has begun.
  await page.getByText('of 100,000 included tokens').waitFor();
  const second = Math.floor(Date.now() / 1000);
  const call = { id: 'first', model: 'gpt-4o-mini', tokens: { input: 12_345 }, second };
  await product.api.recordUsage('ada', [call]);
  await page.getByText('12,345', { exact: true }).first().waitFor();
  // The first page that they had open takes no second payment.
  const old = await open(url);
  expect(await old.locator('h1').innerText()).toBe('This session has expired');
});

async function makeCode(code: string, terms: Stripe.CouponCreateParams): Promise<string> {
  const { id: coupon } = await product.stripe.coupons.create(terms);
  await product.stripe.promotionCodes.create({ code, promotion: { type: 'coupon', coupon } });
  return coupon;
}

test('a code from Checkout is on the first invoice, on the page and in what is due', async () => {
  const name = 'Twenty off for the launch';
  const coupon = await makeCode('LAUNCH20', { name, percent_off: 20, duration: 'forever' });
  await signUp('coded');
  const successUrl = await pageLink('coded');
  const page = await open(await signUp('coded', { successUrl, promotionCodes: true }));
  const enter = async (code: string) => {
    await page.getByLabel('Promotion code').fill(code);
    await page.getByRole('button', { name: 'Apply' }).click();
  };
  await enter('NOSUCHCODE');
  await page.getByRole('alert').waitFor();
  await enter('LAUNCH20');
  expect(await page.getByText('LAUNCH20: 20% off').count()).toBe(1);
  expect(await page.locator('#due').innerText()).toContain('23.20');
  await payBy(page, '4242 4242 4242 4242');
  const row = page.getByRole('row', { name: /Discount/ });
  await row.waitFor();
  expect(await row.innerText()).toContain(name);
  expect(await page.locator('#amount-due').innerText()).toContain('23.20');
  const usage = await product.api.get('/v1/customers/coded/usage');
  const discounts = [{ coupon, couponName: name, amountCents: 580 }];
  expect(usage).toMatchObject({ amountDueCents: 2320, discounts });
  const customer = await product.api.get<{ subscriptionId: string }>('/v1/customers/coded');
  const { data } = await product.stripe.invoices.list({
    subscription: String(customer?.subscriptionId),
  });
  expect(data).toMatchObject([{ status: 'paid', subtotal: 2900, total: 2320 }]);
  for (const [name, options] of LOOKS) {
    const own = await open(await pageLink('coded'), options);
    await own.getByRole('row', { name: /Discount/ }).waitFor();
    await shoot(own, `discount ${name}`);
    expect(await accessibilityFaults(own)).toEqual([]);
    expect(await isWiderThanScreen(own)).toBe(false);
  }
});

test.each<[string, BrowserContextOptions]>(LOOKS)(
  'Checkout can be read and used by everybody, %s',
  async (_, options) => {
    const page = await open(await signUp('everybody'), options);
    const check = async () => {
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await isWiderThanScreen(page)).toBe(false);
    };
    await check();
    await payBy(page, '4000 0000 0000 9995');
    await page.getByRole('alert').waitFor();
    await check();
    await payBy(page, '4000 0000 0000 3220');
    await page.getByRole('heading', { name: '3D Secure 2 test page' }).waitFor();
    await check();
  },
);

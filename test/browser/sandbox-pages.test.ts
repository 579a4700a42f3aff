/** The sandbox's pages for customers in a browser: read by everybody, and what they do happens. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type Stripe from 'stripe';
import { accessibilityFaults, isWiderThanScreen } from '../support/api/page-checks';
import { openShop, subscriber } from '../support/sandbox/portal-visits';
import { advance, customerOnClock, meterAndPrices, startStand } from '../support/sandbox/stand';
import type { Stand } from '../support/sandbox/stand';
import { startBrowser } from '../support/stack/browser';

const PHONE = { width: 375, height: 740 };
const LOOKS: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['on a phone', { viewport: PHONE, isMobile: true }],
];
/** Pictures of the pages go there, for somebody to look at. */
const { PAGE_PICTURES: folder } = process.env;

let stand: Stand;
let browser: Browser;
const faults: string[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  stand = await startStand({ draftPauseMs: 0 });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await stand.close();
  expect(faults.splice(0)).toEqual([]);
});

async function open(url: string | null, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(String(url));
  return page;
}

async function check(page: Page, name: string): Promise<void> {
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await isWiderThanScreen(page)).toBe(false);
}

async function payBy(page: Page, number: string, button: string): Promise<void> {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expires').fill('12 / 34');
  await page.getByLabel('CVC').fill('123');
  await page.getByLabel('Name on the card').fill('Ada Lovelace');
  await page.getByRole('button', { name: button }).click();
}

/** A subscription whose renewal could not be paid, with its customer. */
async function unpaid() {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'Starter', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  const failure = { customer: customer.id, code: 'insufficient_funds' };
  await stand.control('POST', 'fail-next-payment', failure);
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 13, 30) / 1000);
  const [invoice] = (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data;
  return { customer, subscription, invoice, url: String(invoice?.hosted_invoice_url) };
}

test.each(LOOKS)('an invoice can be read and paid by everybody, %s', async (look, options) => {
  const { url, invoice } = await unpaid();
  const page = await open(url, options);
  await check(page, `invoice-${look}`);
  await payBy(page, '4000 0000 0000 0002', 'Pay 29.00 USD');
  expect(await page.getByRole('alert').innerText()).toBe('Your card was declined.');
  await check(page, `invoice-declined-${look}`);
  await payBy(page, '4000 0000 0000 3220', 'Pay 29.00 USD');
  await page.getByRole('heading', { name: '3D Secure 2 test page' }).waitFor();
  await page.getByRole('button', { name: 'Complete' }).click();
  expect(await page.getByRole('status').innerText()).toContain('the invoice is paid');
  await check(page, `invoice-paid-${look}`);
  const paid = await stand.stripe.invoices.retrieve(String(invoice?.id));
  expect(paid.status).toBe('paid');
});

test.each(LOOKS)('a promotion code can be entered by everybody, %s', async (look, options) => {
  const { stripe } = stand;
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20, duration: 'forever' });
  await stripe.promotionCodes.create({ code: 'LAUNCH', promotion: { type: 'coupon', coupon } });
  const { items } = await meterAndPrices(stripe, { eventName: 'Starter', baseCents: 2900 });
  const { url } = await stripe.checkout.sessions.create({
    ...{ mode: 'subscription', success_url: `${stand.sandbox.url}/_sandbox/` },
    line_items: items.map(({ price }) => ({ price, quantity: 1 })),
    allow_promotion_codes: true,
  });
  const page = await open(url, options);
  await page.getByLabel('Promotion code').fill('LAUNHC');
  await page.getByRole('button', { name: 'Apply' }).click();
  expect(await page.getByRole('alert').innerText()).toBe('This code is invalid.');
  await check(page, `code-refused-${look}`);
  await page.getByLabel('Promotion code').fill('launch');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('LAUNCH: 20% off').waitFor();
  expect(await page.locator('#due').innerText()).toBe('23.20 USD');
  await check(page, `code-taken-${look}`);
  await page.getByLabel('E-mail').fill('ada@example.com');
  await payBy(page, '4242 4242 4242 4242', 'Subscribe');
  await page.getByRole('heading', { name: 'Overview' }).or(page.locator('h1')).first().waitFor();
  const [invoice] = (await stripe.invoices.list()).data;
  const hosted = await open(String(invoice?.hosted_invoice_url), options);
  await hosted.getByText('20% off').waitFor();
  await check(hosted, `invoice-discounted-${look}`);
});

test.each(LOOKS)('the portal leads everybody through one thing, %s', async (look, options) => {
  const { stripe, sandbox } = stand;
  const shop = await openShop(stripe);
  const { customer, subscription, item } = await subscriber(stripe, shop.basic);
  const configuration = await shop.configuration();
  const home = `${sandbox.url}/_sandbox/`;
  const visit = async (flow_data: Stripe.BillingPortal.SessionCreateParams.FlowData) => {
    const terms = { customer: customer.id, configuration, return_url: home, flow_data };
    return open((await stripe.billingPortal.sessions.create(terms)).url, options);
  };
  const cards = await visit({
    type: 'payment_method_update',
    after_completion: { type: 'redirect', redirect: { return_url: home } },
  });
  await check(cards, `portal-card-${look}`);
  await payBy(cards, '4000 0027 6000 3184', 'Save card');
  await cards.getByRole('button', { name: 'Complete' }).click();
  await cards.waitForURL(home);
  const confirm = { subscription: subscription.id, items: [{ id: item, price: shop.pro }] };
  const update = await visit({
    type: 'subscription_update_confirm',
    ...{ subscription_update_confirm: confirm, after_completion: { type: 'hosted_confirmation' } },
  });
  await check(update, `portal-confirm-${look}`);
  await update.getByRole('button', { name: 'Confirm' }).click();
  await update.getByRole('alert').waitFor();
  await check(update, `portal-unpaid-${look}`);
  const ending = await visit({
    type: 'subscription_cancel',
    subscription_cancel: { subscription: subscription.id },
  });
  await check(ending, `portal-cancel-${look}`);
  await ending.getByRole('button', { name: 'Cancel the subscription' }).click();
  await ending.getByRole('button', { name: 'Keep the subscription' }).waitFor();
  await ending.getByRole('link', { name: 'Change the plan' }).click();
  await check(ending, `portal-plans-${look}`);
});

test('an invoice is downloaded as a PDF that the browser takes for one', async () => {
  const { url } = await unpaid();
  const page = await open(url);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download PDF' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^Invoice-.*\.pdf$/);
});

/**
 * Customers on their own page in a browser, with the whole product and the sandbox behind it:
 * links, pages, what is pressed, and what is seen.
 */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { startBrowser } from '../stack/browser';
import type { BrowserRules } from '../stack/browser';
import { startProduct } from '../stack/product';
import type { Product } from '../stack/product';

export const DAY = 24 * 3_600;

export interface CustomerVisits {
  readonly product: Product;
  /** Errors of a page fail the test that opened it: `forget` is to be called after each. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** Closes all pages, and answers what went wrong on them. */
  forget(): Promise<string[]>;
  /** SCREENSHOTS=folder keeps what was seen, to be looked at. */
  shoot(page: Page, name: string): Promise<void>;
  portalLink(customer: string): Promise<string>;
  readLink(customer: string): Promise<string>;
  addSubscriber(customer: string): Promise<void>;
  /** Who has no plan yet, on a test clock that stands 20 days ago. */
  makeStranger(customer: string): Promise<{ testClock: string; start: number }>;
  stop(): Promise<void>;
}

/** `environment`: variables of src/config-variables.ts for the product. */
export async function startVisits(
  environment: Readonly<Record<string, string>> = {},
  rules: BrowserRules = {},
): Promise<CustomerVisits> {
  const product = await startProduct(environment);
  const browser = await startBrowser(rules);
  const faults: string[] = [];
  const link = async (customer: string, kind: string, body: object): Promise<string> => {
    const path = `/v1/customers/${customer}/${kind}-link`;
    return (await product.api.post<{ url: string }>(path, body)).url;
  };
  const allow = ['card', 'plan', 'cancel', 'invoices'];
  return {
    product,
    open: (url, options = {}) => open(browser, faults, url, options),
    forget: async () => {
      for (const context of browser.contexts()) await context.close();
      return faults.splice(0);
    },
    shoot: createShots(),
    portalLink: (customer) => link(customer, 'portal', { allow }),
    readLink: (customer) => link(customer, 'dashboard', {}),
    addSubscriber: async (customer) => {
      await product.api.put(`/v1/customers/${customer}`, {
        ...{ email: `${customer}@example.com`, name: 'Bo Diddley', plan: 'starter' },
      });
    },
    makeStranger: (customer) => makeStranger(product, customer),
    stop: async () => {
      await browser.close();
      await product.stop();
    },
  };
}

async function open(
  browser: Browser,
  faults: string[],
  url: string,
  options: BrowserContextOptions,
): Promise<Page> {
  const viewer = { locale: 'en-US', timezoneId: 'UTC' };
  const context = await browser.newContext({ ...viewer, ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(url);
  return page;
}

function createShots(): CustomerVisits['shoot'] {
  let shots = 0;
  return async (page, name) => {
    const folder = process.env.SCREENSHOTS;
    shots += 1;
    const file = `${String(shots).padStart(2, '0')}-${name}.png`;
    if (folder) await page.screenshot({ path: `${folder}/${file}`, fullPage: true });
  };
}

async function makeStranger(
  { stripe, api, apiUrl }: Product,
  customer: string,
): Promise<{ testClock: string; start: number }> {
  const start = Math.floor(Date.now() / 1000) - 20 * DAY;
  const { id: testClock } = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  await api.post(`/v1/customers/${customer}/checkout`, {
    ...{ plan: 'starter', email: `${customer}@example.com`, name: 'Ada Lovelace', testClock },
    ...{ successUrl: apiUrl, cancelUrl: apiUrl },
  });
  return { testClock, start };
}

export const section = (page: Page, id: string): Locator =>
  page.locator(`section[aria-labelledby=${id}]`);

export const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name }).click();

export async function choosePro(page: Page): Promise<void> {
  await press(page, 'Change the plan');
  await press(page, 'See the price of Pro');
  await page.getByRole('row', { name: /To pay now/ }).waitFor();
}

export async function putInCard(page: Page, number: string, button: RegExp): Promise<void> {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expires').fill('12 / 34');
  await page.getByLabel('CVC').fill('123');
  await page.getByLabel('Name on the card').fill('Ada Lovelace');
  await press(page, button);
}

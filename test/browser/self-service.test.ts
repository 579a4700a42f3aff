/**
 * The life of a customer on their own page and on Stripe's: from a stranger who signs up to one who
 * left and is back. Each change tells its price before.
 */
import type { Page } from 'playwright-core';
import type { CustomerVisits } from '../support/browser/customer-visits';
import { choosePro, DAY, press, putInCard } from '../support/browser/customer-visits';
import { section, startVisits } from '../support/browser/customer-visits';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';

jest.setTimeout(300_000);

const ENDING_MS = 150_000;
/** A change waits until Stripe was read again. */
const IN_FORCE_MS = 60_000;

let visits: CustomerVisits;
beforeAll(async () => {
  visits = await startVisits();
});
afterAll(() => visits.stop());
afterEach(async () => {
  expect(await visits.forget()).toEqual([]);
});

const use = (customer: string, id: string, second: number, tokens: number): Promise<void> =>
  visits.product.api.recordUsage(customer, [
    { id, model: 'gpt-4o-mini', tokens: { input: tokens }, second },
  ]);

async function subscribe(page: Page): Promise<void> {
  await press(page, 'Subscribe to Starter');
  await page.getByLabel('Card number').waitFor();
  await visits.shoot(page, 'checkout');
  await putInCard(page, '4242 4242 4242 4242', /^Subscribe/);
  await page.getByText('Thank you: you are subscribed.').waitFor();
  await page.getByText('of 100,000 included tokens').waitFor();
  await section(page, 'plan').getByText('$29.00 a month').waitFor();
  await section(page, 'card').getByText('Visa ···· 4242').waitFor();
}

async function reachTheLimit(page: Page, start: number): Promise<void> {
  await use('ada', 'first', start + 60, 85_000);
  await page.getByText('Most of the allowance is used.').waitFor();
  await use('ada', 'more', start + 90, 65_000);
  await page.getByText('50,000 tokens over the allowance.').waitFor();
  await visits.shoot(page, 'limit');
}

async function upgrade(page: Page): Promise<void> {
  await choosePro(page);
  await page
    .getByRole('row', { name: /To pay now/ })
    .getByText('$70.00')
    .waitFor();
  await page
    .getByRole('row', { name: /Next invoice, so far/ })
    .getByText('$99.00')
    .waitFor();
  await visits.shoot(page, 'price');
  await press(page, 'Change, and pay $70.00 now');
  await page.getByText('Your plan was changed.').waitFor();
  await section(page, 'plan').getByText('$99.00 a month').waitFor();
  await page.getByText('of 500,000 included tokens').waitFor();
}

async function lookAtInvoices(page: Page): Promise<void> {
  const invoices = section(page, 'invoices').locator('tbody tr');
  await invoices.nth(1).waitFor();
  const first = (await invoices.first().innerText()).replace(/\s+/g, ' ');
  expect(first).toMatch(/Change of plan.*paid.*\$70\.00/);
  await visits.shoot(page, 'upgraded');
  const [document] = await Promise.all([
    page.waitForEvent('popup'),
    invoices
      .first()
      .getByRole('link', { name: /^Open invoice/ })
      .click(),
  ]);
  await document.getByText('70.00').first().waitFor();
  await visits.shoot(document, 'invoice');
  const [pdf] = await Promise.all([
    document.waitForEvent('download'),
    document.getByRole('link', { name: /PDF/ }).click(),
  ]);
  expect(pdf.suggestedFilename()).toMatch(/\.pdf$/);
  await document.close();
}

async function failAndPayByAnother(page: Page, renewal: () => Promise<void>): Promise<void> {
  await press(page, 'Change the card');
  await putInCard(page, '4000 0000 0000 0341', /^Save/);
  await page.getByText('Your card is saved.').waitFor();
  await section(page, 'card').getByText('Visa ···· 0341').waitFor();
  await renewal();
  await section(page, 'access').getByText('An invoice is unpaid.').waitFor();
  await section(page, 'plan').getByText('An invoice is unpaid.').waitFor();
  await section(page, 'invoices').getByText('to be paid').waitFor();
  await visits.shoot(page, 'declined');
  await press(page, 'Change the card');
  await putInCard(page, '5555 5555 5555 4444', /^Save/);
  await section(page, 'card').getByText('Mastercard ···· 4444').waitFor();
  await section(page, 'invoices').getByText('to be paid').waitFor({ state: 'detached' });
  await visits.shoot(page, 'paid-by-another');
}

async function cancel(page: Page): Promise<void> {
  await press(page, 'Cancel the subscription');
  await page.getByRole('dialog').getByText('You can subscribe again').waitFor();
  await visits.shoot(page, 'cancel');
  await press(page, /^Cancel for/);
  // The dialog says so, too, before it is done; it stays where the change is refused.
  const future = page.locator('#plan-future').getByText('It ends on');
  const refusal = page.getByRole('dialog').getByRole('alert');
  await future.or(refusal).first().waitFor({ timeout: IN_FORCE_MS });
  expect(await refusal.allInnerTexts()).toEqual([]);
}

test('sign-up, card, usage, limit, upgrade, invoice, a card that fails, another, cancel, come back', async () => {
  const { testClock, start } = await visits.makeStranger('ada');
  const renew = (days: number) =>
    advanceClock(visits.product.stripe, testClock, start + days * DAY);
  const page = await visits.open(await visits.portalLink('ada'));
  await section(page, 'plan').getByText('Choose a plan').waitFor();
  await visits.shoot(page, 'sign-up');
  await subscribe(page);
  await visits.shoot(page, 'subscribed');
  await reachTheLimit(page, start);
  await upgrade(page);
  await lookAtInvoices(page);
  await failAndPayByAnother(page, () => renew(32));
  await cancel(page);
  await press(page, 'Keep the subscription');
  await page.getByText('It goes on as before.').waitFor();
  await cancel(page);
  await visits.shoot(page, 'canceled');
  await renew(64);
  await untilEnded('ada');
  await section(page, 'plan').getByText('Come back').waitFor();
  await visits.shoot(page, 'ended');
  await subscribe(page);
  await visits.shoot(page, 'back');
});

/** The last invoice comes first. */
const untilEnded = (customer: string): Promise<unknown> =>
  eventually(
    () => visits.product.api.get<{ billingStatus: string }>(`/v1/customers/${customer}`),
    (known) => known?.billingStatus === 'ended',
    ENDING_MS,
  );

/** It pays what comes from now on. */
async function useCard(customer: string, card: string): Promise<void> {
  const { stripe, api } = visits.product;
  const known = await api.get<{ stripeCustomerId: string }>(`/v1/customers/${customer}`);
  const id = String(known?.stripeCustomerId);
  const method = await stripe.paymentMethods.attach(card, { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
}

test.each<[string, string, RegExp]>([
  ['declined', 'pm_card_chargeCustomerFail', /^Your card was declined\. Nothing was changed/],
  ['asked-by-bank', 'pm_card_authenticationRequired', /^Your bank wants you to confirm/],
])(
  '%s: the page says so, and another card makes the change, once',
  async (customer, card, words) => {
    await visits.addSubscriber(customer);
    const page = await visits.open(await visits.portalLink(customer));
    await page.getByText('of 100,000 included tokens').waitFor();
    await useCard(customer, card);
    await choosePro(page);
    await press(page, /^Change, and pay/);
    expect(await page.getByRole('alert').innerText()).toMatch(words);
    await visits.shoot(page, customer);
    await press(page, 'Put in another card');
    await putInCard(page, '5555 5555 5555 4444', /^Save/);
    await section(page, 'card').getByText('Mastercard ···· 4444').waitFor();
    await choosePro(page);
    await page.getByRole('button', { name: /^Change, and pay/ }).dblclick();
    await page.getByText('Your plan was changed.').waitFor();
    const invoices = section(page, 'invoices').getByText(/^Change of plan/);
    await invoices.first().waitFor();
    expect(await invoices.count()).toBe(1);
  },
);

test('what somebody else changes is seen on the open page, also where a plan ends', async () => {
  await visits.addSubscriber('cy');
  const page = await visits.open(await visits.portalLink('cy'));
  await page.locator('#plan-future').getByText('It is paid again on').waitFor();
  const answer = await fetch(
    `${visits.product.apiUrl}/v1/customers/cy/subscription?when=period_end`,
    {
      method: 'DELETE',
      headers: {
        authorization: `Bearer ${visits.product.adminKey}`,
        'idempotency-key': 'cy-leaves',
      },
    },
  );
  expect(answer.status).toBe(200);
  await page.locator('#plan-future').getByText('It ends on').waitFor({ timeout: IN_FORCE_MS });
  await section(page, 'plan').getByRole('button', { name: 'Keep the subscription' }).waitFor();
});

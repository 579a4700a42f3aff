/** The page and the PDF of an invoice: who has the address reads it, and pays it there. */
import type Stripe from 'stripe';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { answerBankAt, payInvoiceAt, textOf } from '../../../support/sandbox/invoice-page';

const DAY_MS = 86_400_000;

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ draftPauseMs: 0, now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

/** A subscription whose renewal could not be paid: its invoice is open. */
async function unpaid() {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'Starter', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  await stand.control('POST', 'fail-next-payment', {
    ...{ customer: customer.id, code: 'insufficient_funds' },
  });
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 13, 30) / 1000);
  const [invoice] = (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data;
  if (!invoice) throw new Error('No invoice is open.');
  return { clock, customer, subscription, invoice, url: invoice.hosted_invoice_url };
}
const again = (id: string) => stripe.invoices.retrieve(id);
const pageOf = async (url: string | null | undefined) => (await fetch(String(url))).text();
const typesOf = async () => (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
async function intentsOf(customer: string) {
  return (await stripe.paymentIntents.list({ customer })).data;
}

test('the page says what the invoice says', async () => {
  const { invoice, url } = await unpaid();
  expect(String(url).startsWith(`${stand.sandbox.url}/i/acct_sandbox/test_`)).toBe(true);
  const page = await pageOf(url);
  for (const seen of [invoice.number, '1 × Starter', '2026-02-15', '29.00 USD', 'open'])
    expect(page).toContain(seen);
});

test('the PDF is one, with the figures of the page', async () => {
  const { invoice } = await unpaid();
  const answer = await fetch(String(invoice.invoice_pdf));
  expect(answer.headers.get('content-type')).toBe('application/pdf');
  expect(answer.headers.get('content-disposition')).toContain(`Invoice-${invoice.number}.pdf`);
  const pdf = Buffer.from(await answer.arrayBuffer());
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  const text = textOf(pdf);
  for (const seen of [invoice.number, 'Starter', 'Subtotal', '29.00 USD', 'Amount due'])
    expect(text).toContain(seen);
});

test('an invoice of a hundred lines has a PDF of several pages', async () => {
  const { customer } = await customerOnClock(stripe);
  const { id } = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  for (let number = 1; number <= 100; number += 1) {
    const line = { amount: number, currency: 'usd', description: `Line ${number}` };
    await stripe.invoiceItems.create({ customer: customer.id, invoice: id, ...line });
  }
  const { invoice_pdf: address } = await stripe.invoices.finalizeInvoice(id);
  const pdf = Buffer.from(await (await fetch(String(address))).arrayBuffer());
  expect(pdf.toString('latin1').match(/\/Type \/Page\n/g)?.length).toBeGreaterThan(2);
  expect(textOf(pdf)).toContain('50.50 USD');
});

test('a draft has neither page nor PDF', async () => {
  const { customer } = await customerOnClock(stripe);
  const invoice = await stripe.invoices.create({ customer: customer.id });
  expect(invoice).toMatchObject({ hosted_invoice_url: null, invoice_pdf: null });
});

test('a card that pays there pays the invoice, and its subscription is well again', async () => {
  const { invoice, subscription, url } = await unpaid();
  expect(await payInvoiceAt(url, '4242424242424242')).toContain('the invoice is paid');
  expect(await again(invoice.id)).toMatchObject({ status: 'paid', amount_remaining: 0 });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  expect(await typesOf()).toContain('invoice.paid');
  expect(await pageOf(url)).not.toContain('Pay 29.00 USD');
});

test('a card that is declined is told in words, and as Stripe tells an integration', async () => {
  const { invoice, url } = await unpaid();
  const before = (await typesOf()).filter((type) => type === 'invoice.payment_failed').length;
  expect(await payInvoiceAt(url, '4000000000000002')).toContain('Your card was declined.');
  const after = (await typesOf()).filter((type) => type === 'invoice.payment_failed').length;
  expect(after).toBe(before + 1);
  expect((await again(invoice.id)).status).toBe('open');
});

test('a bank that asks is answered on a page of its own', async () => {
  const { invoice, url } = await unpaid();
  expect(await payInvoiceAt(url, '4000000000003220')).toContain('3D Secure 2 test page');
  expect((await again(invoice.id)).status).toBe('open');
  expect(await answerBankAt(url, 'fail')).toContain('unable to authenticate');
  await payInvoiceAt(url, '4000000000003220');
  expect(await answerBankAt(url, 'succeed')).toContain('the invoice is paid');
  expect((await again(invoice.id)).status).toBe('paid');
});

test('a bank that asked about a renewal is answered there without typing a card', async () => {
  const { clock, customer } = await customerOnClock(stripe, START, 'pm_card_visa');
  const { items } = await meterAndPrices(stripe, { eventName: 'Starter', baseCents: 2900 });
  await stripe.subscriptions.create({ customer: customer.id, items });
  const card = 'pm_card_authenticationRequired';
  const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 13, 30) / 1000);
  const [invoice] = (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data;
  const url = invoice?.hosted_invoice_url;
  expect(await pageOf(url)).toContain('Answer your bank');
  await answerBankAt(url, 'succeed');
  expect((await again(String(invoice?.id))).status).toBe('paid');
});

test.each([
  ['stays what it was', {}, false],
  ['becomes the subscription’s own, if they want it', { keep: 'yes' }, true],
])('the card of a customer who has one %s', async (_, more, isKept) => {
  const { customer, subscription, url } = await unpaid();
  await payInvoiceAt(url, '5555555555554444', more);
  const [intent] = await intentsOf(customer.id);
  const method = String(intent?.payment_method);
  const { default_payment_method: own } = await stripe.subscriptions.retrieve(subscription.id);
  expect(own).toBe(isKept ? method : null);
  const { customer: owner } = await stripe.paymentMethods.retrieve(method);
  expect(owner).toBe(isKept ? customer.id : null);
});

test('the card of a customer who has none is kept for the subscription', async () => {
  const { customer, subscription, url } = await unpaid();
  const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  await stripe.paymentMethods.detach(String(method?.id));
  await payInvoiceAt(url, '5555555555554444');
  const { default_payment_method: own } = await stripe.subscriptions.retrieve(subscription.id, {
    expand: ['default_payment_method'],
  });
  expect(own).toMatchObject({ card: { last4: '4444' }, customer: customer.id });
});

test('the address is closed after thirty days, and reading the invoice opens it again', async () => {
  const { invoice, url } = await unpaid();
  nowMs += 31 * DAY_MS;
  expect(await pageOf(url)).toContain('This link has expired');
  expect((await fetch(String(invoice.invoice_pdf))).headers.get('content-type')).toContain('html');
  await again(invoice.id);
  expect(await pageOf(url)).toContain('29.00 USD');
});

test('an address that somebody guesses leads to nothing', async () => {
  const answer = await fetch(`${stand.sandbox.url}/i/acct_sandbox/test_guess`);
  expect(answer.status).toBe(404);
});

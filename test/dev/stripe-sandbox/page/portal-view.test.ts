/** The billing portal: its page is on this server, and what the customer does there happens. */
import type Stripe from 'stripe';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ draftPauseMs: 0, now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

async function visitor(card = 'pm_card_visa') {
  const { clock, customer } = await customerOnClock(stripe, START, card);
  const { items } = await meterAndPrices(stripe, { eventName: 'portal', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: 'https://example.com/account',
  });
  return { clock, customer, subscription, session };
}
const page = async (url: string) => (await fetch(url)).text();
const act = async (url: string, action: string, fields: Record<string, string> = {}) => {
  const body = new URLSearchParams({ then: new URL(url).pathname, ...fields });
  const answer = await fetch(`${url}/${action}`, { method: 'POST', body, redirect: 'manual' });
  return decodeURIComponent(answer.headers.get('location') ?? '').replaceAll('+', ' ');
};
const typesSince = async (created: number) =>
  (await stripe.events.list({ limit: 100, created: { gte: created } })).data.map(
    ({ type }) => type,
  );

test('the page shows the subscription, the card, the invoices and the way back', async () => {
  const { session } = await visitor();
  expect(session.url.startsWith(`${stand.sandbox.url}/p/session/test_`)).toBe(true);
  const shown = await page(session.url);
  for (const seen of ['29.00 USD a month', 'Visa ···· 4242', 'https://example.com/account', 'paid'])
    expect(shown).toContain(seen);
  expect(await typesSince(0)).toContain('billing_portal.session.created');
});

test('a new card becomes the default, and an open invoice is paid with it', async () => {
  const { clock, customer, session, subscription } = await visitor();
  await stand.control('POST', 'fail-next-payment', {
    customer: customer.id,
    code: 'insufficient_funds',
  });
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 13) / 1000);
  const [open] = (await stripe.invoices.list({ subscription: subscription.id })).data;
  expect(open?.status).toBe('open');
  expect(await page(session.url)).toContain('Pay now');
  expect(await act(session.url, 'card', { card: 'pm_card_mastercard' })).toContain('said=The new');
  const changed = await stripe.customers.retrieve(customer.id, {
    expand: ['invoice_settings.default_payment_method'],
  });
  expect(changed).toMatchObject({
    invoice_settings: { default_payment_method: { card: { last4: '4444' } } },
  });
  expect(await act(session.url, 'pay', { invoice: String(open?.id) })).toContain('is paid');
  expect((await stripe.invoices.retrieve(String(open?.id))).status).toBe('paid');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  expect(await typesSince(0)).toEqual(
    expect.arrayContaining(['payment_method.attached', 'customer.updated', 'invoice.paid']),
  );
});

test('a declined card is said, and nothing changes', async () => {
  const { customer, session } = await visitor();
  const before = await stripe.customers.retrieve(customer.id);
  expect(await act(session.url, 'card', { card: 'pm_card_chargeDeclined' })).toContain(
    'wrong=Your card was declined',
  );
  expect(await stripe.customers.retrieve(customer.id)).toEqual(before);
});

test('a subscription is canceled at the period’s end, and kept after all', async () => {
  const { session, subscription } = await visitor();
  await act(session.url, 'cancel', { subscription: subscription.id });
  const canceled = await stripe.subscriptions.retrieve(subscription.id);
  const end = subscription.items.data[0]?.current_period_end;
  expect(canceled).toMatchObject({ status: 'active', cancel_at_period_end: false, cancel_at: end });
  expect(await page(session.url)).toContain('Keep the subscription');
  await act(session.url, 'resume', { subscription: subscription.id });
  const kept = await stripe.subscriptions.retrieve(subscription.id);
  expect(kept).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
});

test('a customer changes nothing that is not theirs', async () => {
  const mine = await visitor();
  const { customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'other', baseCents: 100 });
  const other = await stripe.subscriptions.create({ customer: customer.id, items });
  expect(await act(mine.session.url, 'cancel', { subscription: other.id })).toContain('not yours');
  expect((await stripe.subscriptions.retrieve(other.id)).cancel_at_period_end).toBe(false);
});

test('a configuration decides what the page offers and allows', async () => {
  const { customer, subscription } = await visitor();
  const configuration = await stripe.billingPortal.configurations.create({
    features: { invoice_history: { enabled: true } },
    business_profile: { headline: 'Acme bills' },
    name: 'Look only',
  });
  expect(configuration).toMatchObject({
    is_default: false,
    features: { subscription_cancel: { enabled: false }, customer_update: { enabled: false } },
  });
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
  });
  const shown = await page(session.url);
  expect(shown).toContain('Acme bills');
  expect(shown).not.toContain('Use this card');
  const refused = await act(session.url, 'cancel', { subscription: subscription.id });
  expect(refused).toContain('does not allow cancel');
  await stripe.billingPortal.configurations.update(configuration.id, {
    features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
  });
  await act(session.url, 'cancel', { subscription: subscription.id });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
  const { data } = await stripe.billingPortal.configurations.list({ is_default: true });
  expect(data).toHaveLength(1);
});

test('details that may be changed are changed', async () => {
  const { customer, session } = await visitor();
  await act(session.url, 'details', { email: 'new@example.com', name: 'Not allowed' });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
    email: 'new@example.com',
    name: null,
  });
});

test('a session ends after an hour', async () => {
  const { session } = await visitor();
  nowMs += 3601_000;
  expect(await page(session.url)).toContain('This session has expired');
  expect(await act(session.url, 'card', { card: 'pm_card_visa' })).toContain('has expired');
});

test('what the portal does not do is refused', async () => {
  const creation = stripe.billingPortal.configurations.create({
    features: {
      subscription_cancel: { enabled: true, cancellation_reason: { enabled: true, options: [] } },
    },
  });
  const param = 'features[subscription_cancel][cancellation_reason][enabled]';
  expect((await refusal(creation)).param).toBe(param);
});

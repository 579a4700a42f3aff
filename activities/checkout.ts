/**
 * What follows a visit to Stripe's pages: a card that was left, and a second subscription that
 * nobody wanted.
 */
import type Stripe from 'stripe';
import { refundCheckoutKey } from '../src/core/ids';
import { appendAuditEntry } from '../src/db/audit-entries';
import { findCustomer } from '../src/db/customers';
import { classifyStripeError, unlessGone } from '../src/stripe/errors';
import { idOf } from '../src/stripe/id-of';
import { makeDefault } from '../src/stripe/payment-method';
import type { ActivityDeps } from './deps';

/** More are open only if nobody has been paid for years. */
const INVOICES_MAX = 24;

export function createCheckoutActivities(deps: ActivityDeps) {
  return {
    /** The card of a session in setup mode becomes the default, and pays what is open. */
    takeCheckoutCard: (request: { customer: string; sessionId: string }): Promise<void> =>
      takeCard(deps, request),

    /** The customer's default of now pays the subscription, too, and what is open. */
    takeDefaultCard: (request: { customer: string }): Promise<void> =>
      takeDefaultCard(deps, request),

    /** Ends a second subscription that Checkout has made, and gives back what it has charged. */
    undoCheckout: (request: { customer: string; subscriptionId: string }): Promise<void> =>
      undoCheckout(deps, request),
  };
}

async function takeCard(
  { pool, stripe }: ActivityDeps,
  { customer, sessionId }: { customer: string; sessionId: string },
): Promise<void> {
  const session = await unlessGone(() =>
    stripe.checkout.sessions.retrieve(sessionId, { expand: ['setup_intent'] }),
  );
  const row = await findCustomer(pool, customer);
  if (session?.mode !== 'setup' || session.status !== 'complete' || !row?.subscriptionId) return;
  const setup = session.setup_intent as Stripe.SetupIntent | null;
  if (!setup?.payment_method || !row.stripeCustomerId) return;
  const { stripeCustomerId, subscriptionId } = row;
  await makeDefault(stripe, idOf(setup.payment_method), { stripeCustomerId, subscriptionId });
  await payOpenInvoices(stripe, row.subscriptionId, `checkout:${sessionId}`);
  await appendAuditEntry(pool, {
    customer,
    key: `checkout:${sessionId}:card`,
    kind: 'card_changed',
    detail: { sessionId },
  });
}

/** A card that is declined is news that dunning follows; an invoice may be paid meanwhile. */
async function payOpenInvoices(
  stripe: Stripe,
  subscription: string,
  errand: string,
): Promise<number> {
  const query = { subscription, status: 'open' as const, limit: INVOICES_MAX };
  const { data } = await stripe.invoices.list(query);
  for (const { id } of data.toReversed())
    try {
      const idempotencyKey = `${errand}:pay:${id}`;
      await stripe.invoices.pay(id, {}, { idempotencyKey });
    } catch (error) {
      if (classifyStripeError(error)?.kind === 'card') continue;
      if ((await stripe.invoices.retrieve(id)).status === 'open') throw error;
    }
  return data.length;
}

/** Stripe's portal makes it the customer's, and lets a subscription's own go on before it. */
async function takeDefaultCard(
  { pool, stripe }: ActivityDeps,
  { customer }: { customer: string },
): Promise<void> {
  const row = await findCustomer(pool, customer);
  if (!row?.stripeCustomerId || !row.subscriptionId) return;
  const { subscriptionId } = row;
  const atStripe = await unlessGone(() => stripe.customers.retrieve(String(row.stripeCustomerId)));
  if (!atStripe || atStripe.deleted) return;
  const { default_payment_method: method } = atStripe.invoice_settings;
  const subscription = await unlessGone(() => stripe.subscriptions.retrieve(subscriptionId));
  if (method === null || !subscription || subscription.ended_at !== null) return;
  const card = idOf(method);
  const own = subscription.default_payment_method;
  const isOther = own !== null && idOf(own) !== card;
  if (isOther) await stripe.subscriptions.update(subscriptionId, { default_payment_method: card });
  const paidInvoices = await payOpenInvoices(stripe, subscriptionId, `card:${card}`);
  if (!isOther && paidInvoices === 0) return;
  await appendAuditEntry(pool, {
    customer,
    key: `card:${card}`,
    kind: 'card_changed',
    detail: { card },
  });
}

async function undoCheckout(
  { pool, stripe }: ActivityDeps,
  { customer, subscriptionId }: { customer: string; subscriptionId: string },
): Promise<void> {
  const subscription = await stripe.subscriptions.retrieve(subscriptionId);
  if (subscription.ended_at === null)
    await stripe.subscriptions.cancel(subscriptionId, { invoice_now: false, prorate: false });
  const { data } = await stripe.invoices.list({
    subscription: subscriptionId,
    limit: INVOICES_MAX,
  });
  let refundedCents = 0;
  for (const invoice of data) {
    if (invoice.status === 'open') await stripe.invoices.voidInvoice(invoice.id);
    refundedCents += await refund(stripe, subscriptionId, invoice);
  }
  await appendAuditEntry(pool, {
    customer,
    key: `checkout:${subscriptionId}:undone`,
    kind: 'second_subscription_undone',
    detail: { subscriptionId, refundedCents },
  });
}

/** What was charged is given back once, however often it is asked for. */
async function refund(
  stripe: Stripe,
  subscriptionId: string,
  invoice: Stripe.Invoice,
): Promise<number> {
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id, status: 'paid' });
  let cents = 0;
  for (const { payment, amount_paid: amount } of data) {
    if (!payment.payment_intent) continue;
    const intent = idOf(payment.payment_intent);
    try {
      await stripe.refunds.create(
        { payment_intent: intent, reason: 'duplicate' },
        { idempotencyKey: refundCheckoutKey(subscriptionId, intent) },
      );
    } catch (error) {
      // Stripe has forgotten the key, and has given it back all the same.
      if (!isRefunded(error)) throw error;
    }
    cents += amount ?? 0;
  }
  return cents;
}

const isRefunded = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'charge_already_refunded';

/** A customer's card by the id that a form of the app's own got, and a first payment by it. */
import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { attachPaymentMethodKey, firstCardKey } from '../core/ids';
import { DomainError } from '../core/errors';
import { classifyStripeError } from './errors';

/** It becomes the default, and pays the first invoice of a subscription that waits for that. */
export async function useCard(
  stripe: Stripe,
  paymentMethod: string,
  row: {
    readonly customer: string;
    readonly stripeCustomerId: string;
    readonly subscriptionId: string | null;
    readonly isNew: boolean;
  },
): Promise<void> {
  const { customer, stripeCustomerId } = row;
  await refusingCards(customer, async () => {
    const idempotencyKey = `${attachPaymentMethodKey(customer)}:${paymentMethod}`;
    const { id } = await stripe.paymentMethods.attach(
      paymentMethod,
      { customer: stripeCustomerId },
      { idempotencyKey },
    );
    const subscription = await makeDefault(stripe, id, row);
    if (subscription) await payFirstInvoice(stripe, subscription, id);
  });
}

/** Answers the subscription that the card pays from now on; undefined: none lasts. */
export async function makeDefault(
  stripe: Stripe,
  card: string,
  of: {
    readonly stripeCustomerId: string;
    readonly subscriptionId: string | null;
    readonly isNew?: boolean;
  },
): Promise<Stripe.Subscription | undefined> {
  await setDefaultCard(stripe, card, of);
  if (of.subscriptionId === null) return undefined;
  const subscription = await stripe.subscriptions.retrieve(of.subscriptionId, {
    expand: ['latest_invoice'],
  });
  if (subscription.ended_at !== null) return undefined;
  // A default of its own, as what Checkout made has one, goes before the customer's.
  if (subscription.default_payment_method !== null)
    await stripe.subscriptions.update(of.subscriptionId, { default_payment_method: card });
  return subscription;
}

/**
 * A customer whom this request has made has no subscription yet that the card could pay: the event
 * says so by the call's key, and the workflow is not told. The key is a new one for each try, so
 * that no try is answered with what became of another.
 */
export async function setDefaultCard(
  stripe: Stripe,
  card: string,
  { stripeCustomerId, isNew = false }: { stripeCustomerId: string; isNew?: boolean },
): Promise<void> {
  await stripe.customers.update(
    stripeCustomerId,
    { invoice_settings: { default_payment_method: card } },
    isNew ? { idempotencyKey: firstCardKey(stripeCustomerId, randomUUID()) } : {},
  );
}

async function payFirstInvoice(
  stripe: Stripe,
  { status, latest_invoice: latestInvoice }: Stripe.Subscription,
  card: string,
): Promise<void> {
  const invoice = latestInvoice as Stripe.Invoice | null;
  if (status === 'incomplete' && invoice?.status === 'open')
    await stripe.invoices.pay(invoice.id, { payment_method: card });
}

async function refusingCards(customer: string, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const kind = classifyStripeError(error)?.kind;
    if (kind === 'invalid' && (error as Stripe.errors.StripeError).param === 'payment_method')
      throw new DomainError(
        'invalid_request',
        `paymentMethod of customer ${customer} can't be used: Stripe has none of that id, or it is ` +
          "another customer's. Repeat the request with another; everything else stays as it is.",
      );
    if (kind !== 'card') throw error;
    const { message, decline_code: declineCode, code } = error as Stripe.errors.StripeCardError;
    throw new DomainError(
      'card_declined',
      `The card of customer ${customer} was declined: ${message} Repeat the request with another ` +
        'paymentMethod; everything else stays as it is.',
      { declineCode: declineCode ?? code },
    );
  }
}

/** Whether an invoice could be charged to something. */
export async function hasDefaultCard(stripe: Stripe, stripeCustomerId: string): Promise<boolean> {
  const customer = await stripe.customers.retrieve(stripeCustomerId);
  return !customer.deleted && customer.invoice_settings.default_payment_method !== null;
}

/** What the customer's browser confirms the first payment with; undefined: nothing waits for it. */
export async function clientSecretOf(
  stripe: Stripe,
  subscriptionId: string,
): Promise<string | undefined> {
  const { status, latest_invoice: invoice } = await stripe.subscriptions.retrieve(subscriptionId, {
    expand: ['latest_invoice.confirmation_secret'],
  });
  if (status !== 'incomplete' || invoice === null || typeof invoice === 'string') return undefined;
  return invoice.confirmation_secret?.client_secret;
}

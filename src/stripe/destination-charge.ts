/**
 * A one-off sale for a vendor, as a destination charge: Stripe sends the vendor all but our fee.
 * First a payment intent, once; then it is confirmed. An intent pays once, and it knows whether it
 * did, so whatever answer was lost, it is asked.
 */
import type Stripe from 'stripe';
import { DomainError } from '../core/errors';
import {
  confirmSaleKey,
  createSaleKey,
  CUSTOMER_METADATA_KEY,
  SALE_METADATA_KEY,
  saleTransferGroup,
  VENDOR_METADATA_KEY,
} from '../core/ids';
import { assertObject } from './client';
import { createOnce } from './create-once';
import { classifyStripeError } from './errors';
import { idOf } from './id-of';

export interface DestinationSale {
  readonly vendor: string;
  /** The caller's own. */
  readonly id: string;
  readonly customer: string;
  readonly stripeCustomerId: string;
  /** The vendor's account. */
  readonly destination: string;
  readonly amountCents: number;
  readonly feeCents: number;
  readonly currency: string;
  readonly description: string | null;
  /** The sale was first asked for then. */
  readonly firstTriedAt: Date;
  readonly now: Date;
}

export interface SaleOutcome {
  readonly status: 'pending' | 'succeeded' | 'failed' | 'requires_action';
  readonly paymentIntentId: string;
  readonly chargeId: string | null;
  readonly failure: string | null;
}

const NEEDS_CUSTOMER = 'authentication_required';

export async function chargeForVendor(stripe: Stripe, sale: DestinationSale): Promise<SaleOutcome> {
  const intent = await createIntent(stripe, sale);
  const confirmed = await confirmIntent(stripe, sale, intent.id);
  const outcome = outcomeOf(confirmed);
  if (outcome.status !== 'failed' || confirmed.status === 'canceled') return outcome;
  // A sale that was told to have failed must not be paid later by whoever has the intent.
  return outcomeOf(await cancelIntent(stripe, confirmed), outcome.failure);
}

/** The outcome of a sale that waited for its customer. */
export async function readSale(stripe: Stripe, paymentIntentId: string): Promise<SaleOutcome> {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId);
  assertObject(intent, 'payment_intent');
  const outcome = outcomeOf(intent);
  // A card that was declined meanwhile is no end: the customer may try another.
  const isOver = outcome.status !== 'failed' || intent.status === 'canceled';
  return isOver ? outcome : { ...outcome, status: 'requires_action' };
}

/** Neither confirmed nor with a payment method: these may be others when the sale is repeated. */
async function createIntent(stripe: Stripe, sale: DestinationSale): Promise<Stripe.PaymentIntent> {
  const { vendor, id, customer, stripeCustomerId, destination, feeCents, description } = sale;
  const intent = await createOnce({
    ...sale,
    idempotencyKey: createSaleKey(vendor, id),
    find: () => findIntent(stripe, sale),
    create: (options) =>
      stripe.paymentIntents.create(
        {
          amount: sale.amountCents,
          currency: sale.currency,
          customer: stripeCustomerId,
          ...(feeCents > 0 && { application_fee_amount: feeCents }),
          transfer_data: { destination },
          transfer_group: saleTransferGroup(vendor, id),
          ...(description !== null && { description }),
          metadata: {
            [VENDOR_METADATA_KEY]: vendor,
            [CUSTOMER_METADATA_KEY]: customer,
            [SALE_METADATA_KEY]: id,
          },
        },
        options,
      ),
  });
  assertObject(intent, 'payment_intent');
  return intent;
}

async function findIntent(
  stripe: Stripe,
  { vendor, id, stripeCustomerId }: DestinationSale,
): Promise<Stripe.PaymentIntent | null> {
  const intents = stripe.paymentIntents.list({ customer: stripeCustomerId, limit: 100 });
  for await (const intent of intents) {
    const { metadata } = intent;
    if (metadata[VENDOR_METADATA_KEY] === vendor && metadata[SALE_METADATA_KEY] === id)
      return intent;
  }
  return null;
}

/** Gives the intent as it is in the end, whether this confirmed it or an earlier try did. */
async function confirmIntent(
  stripe: Stripe,
  sale: DestinationSale,
  intentId: string,
): Promise<Stripe.PaymentIntent> {
  const read = () => stripe.paymentIntents.retrieve(intentId);
  const paymentMethod = await defaultPaymentMethod(stripe, sale);
  try {
    const confirmed = await createOnce({
      ...sale,
      idempotencyKey: confirmSaleKey(sale.vendor, sale.id, paymentMethod),
      find: async () => {
        const intent = await read();
        return wasTried(intent) ? intent : null;
      },
      create: (options) =>
        stripe.paymentIntents.confirm(
          intentId,
          { payment_method: paymentMethod, off_session: true },
          options,
        ),
    });
    // A key that Stripe knows is answered with what was then: a bank may have decided since.
    return confirmed.status === 'processing' ? await read() : confirmed;
  } catch (error) {
    // Declined, or settled before: both are for the intent to say.
    const intent = isAnswer(error) ? await read() : null;
    if (intent && wasTried(intent)) return intent;
    throw error;
  }
}

const isAnswer = (error: unknown): boolean =>
  ['card', 'invalid'].includes(classifyStripeError(error)?.kind ?? '');

const wasTried = ({ status, last_payment_error: error }: Stripe.PaymentIntent): boolean =>
  status !== 'requires_confirmation' && (status !== 'requires_payment_method' || error !== null);

async function defaultPaymentMethod(
  stripe: Stripe,
  { customer, stripeCustomerId }: DestinationSale,
): Promise<string> {
  const atStripe = await stripe.customers.retrieve(stripeCustomerId);
  const method = atStripe.deleted ? null : atStripe.invoice_settings.default_payment_method;
  if (method) return idOf(method);
  throw new DomainError(
    'customer_not_payable',
    `Customer ${customer} has no default payment method at Stripe (${stripeCustomerId}): set ` +
      'invoice_settings.default_payment_method there, then repeat the request.',
  );
}

async function cancelIntent(
  stripe: Stripe,
  { id }: Stripe.PaymentIntent,
): Promise<Stripe.PaymentIntent> {
  try {
    return await stripe.paymentIntents.cancel(id);
  } catch (error) {
    // Another request was quicker: it is canceled already, or was paid after all.
    if (classifyStripeError(error)?.kind !== 'invalid') throw error;
    return stripe.paymentIntents.retrieve(id);
  }
}

function outcomeOf(intent: Stripe.PaymentIntent, failure?: string | null): SaleOutcome {
  const { id, latest_charge: charge, last_payment_error: error } = intent;
  const facts = { paymentIntentId: id, chargeId: null };
  switch (intent.status) {
    case 'succeeded':
      // The latest charge of an intent that did not pay is the declined one.
      return { ...facts, status: 'succeeded', chargeId: charge && idOf(charge), failure: null };
    case 'processing':
      return { ...facts, status: 'pending', failure: null };
    case 'requires_action':
      return { ...facts, status: 'requires_action', failure: NEEDS_CUSTOMER };
    default: {
      const reason = error?.decline_code ?? error?.code ?? failure ?? intent.status;
      const needsCustomer = error?.code === NEEDS_CUSTOMER && intent.status !== 'canceled';
      return needsCustomer
        ? { ...facts, status: 'requires_action', failure: NEEDS_CUSTOMER }
        : { ...facts, status: 'failed', failure: reason };
    }
  }
}

/** An open invoice that nobody has tried to collect yet. */
import type Stripe from 'stripe';
import { classifyStripeError } from '../src/stripe/errors';
import { attemptKey } from './attempt-key';

/** A refusal of the card is news like any other: dunning follows it. */
export async function collectInvoice(
  stripe: Stripe,
  { id, attempt_count: attempts, collection_method: collectionMethod }: Stripe.Invoice,
): Promise<void> {
  if (attempts > 0 || collectionMethod !== 'charge_automatically') return;
  try {
    await stripe.invoices.pay(id, {}, { idempotencyKey: attemptKey(`invoice:${id}:collect`) });
  } catch (error) {
    if (classifyStripeError(error)?.kind === 'card') return;
    // It may have been paid meanwhile, or given up.
    if ((await stripe.invoices.retrieve(id)).status === 'open') throw error;
  }
}

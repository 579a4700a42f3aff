/** A change that Stripe refused because it was not paid: what a caller is told, and may do. */
import { ApplicationFailure } from '@temporalio/common';
import Stripe from 'stripe';
import { DomainError } from '../src/core/errors';
import { classifyStripeError } from '../src/stripe/errors';

/** Stripe uses these codes where the bank wants the customer, who is not there. */
const ACTION = ['authentication_required', 'subscription_payment_intent_requires_action'];

/**
 * Its result is to be thrown: any other error is given back as it is. No repetition of ours mends
 * these.
 */
export function paymentProblem(what: string, error: unknown): unknown {
  if (error instanceof DomainError)
    return ApplicationFailure.nonRetryable(error.message, error.code);
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const refuse = (code: string, reason: string) =>
    ApplicationFailure.nonRetryable(
      `${what} was not paid, and nothing was changed: ${reason}`,
      code,
    );
  // An error that names no parameter is not about an object that we named.
  if (error.code === 'resource_missing' && !error.param)
    return refuse('customer_not_payable', 'the customer has no card. Add one, then ask again.');
  if (classifyStripeError(error)?.kind !== 'card') return error;
  const reasons = [error.code, error.decline_code].filter((code) => code !== undefined);
  const advice = 'then ask again, under another Idempotency-Key.';
  if (reasons.some((reason) => ACTION.includes(reason)))
    return refuse(
      'payment_requires_action',
      'the bank wants the customer to confirm it. Let them confirm or change the ' +
        `card in the billing portal, ${advice}`,
    );
  return refuse(
    'card_declined',
    `the card was declined (${reasons.join(', ')}). Let them pay by another one, ${advice}`,
  );
}

/** A resumption that waits for its payment: Stripe keeps its invoice for 23 hours. */
export function resumptionUnpaid(invoice: Stripe.Invoice | null): ApplicationFailure {
  const link = invoice?.hosted_invoice_url ? ` at ${invoice.hosted_invoice_url}` : '';
  return ApplicationFailure.nonRetryable(
    `The subscription stays paused until its invoice is paid${link}: within 23 hours it then ` +
      'goes on by itself. Or let the customer add a card that works, then ask again.',
    'payment_requires_action',
  );
}

/** The change is in force when it is paid; else nothing is changed, and the caller is told why. */
export async function paying(
  what: string,
  update: () => Promise<unknown>,
  /** Restores what was set aside for it. */
  putBack?: () => Promise<void>,
): Promise<void> {
  try {
    await update();
  } catch (error) {
    const problem = paymentProblem(what, error);
    // Anything else is tried again, and may have happened.
    if (problem instanceof ApplicationFailure && problem.nonRetryable) await putBack?.();
    throw problem;
  }
}

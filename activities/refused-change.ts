/**
 * A change of a subscription that Stripe refuses by what was asked, or because the subscription has
 * ended meanwhile: the caller is told so, and no fault of ours is made of it.
 */
import { ApplicationFailure } from '@temporalio/common';
import Stripe from 'stripe';
import { classifyStripeError } from '../src/stripe/errors';

/** Any other error stays what it is. */
export async function changing<T>(
  stripe: Stripe,
  subscriptionId: string,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    if (classifyStripeError(error)?.kind !== 'invalid') throw error;
    if (error.param === 'pause_collection[resumes_at]')
      throw ApplicationFailure.nonRetryable(
        "resumesAt is not after the customer's now, which is a test clock's if it has one: " +
          'expected a later time, or null. Nothing was changed.',
        'invalid_request',
      );
    // Another change may have ended it since it was looked at.
    const { ended_at: endedAt } = await stripe.subscriptions.retrieve(subscriptionId);
    if (endedAt === null) throw error;
    throw ApplicationFailure.nonRetryable(
      `Subscription ${subscriptionId} has ended: there is nothing to change any more. Subscribe ` +
        'the customer again by PUT with a plan.',
      'subscription_not_active',
    );
  }
}

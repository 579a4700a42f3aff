/** A failed Stripe call as a Temporal failure: typed by the error table, without headers or body. */
import { ApplicationFailure } from '@temporalio/common';
import { classifyStripeError } from '../src/stripe/errors';

/** Half as much again at most: calls that were refused together must not come back together. */
const JITTER = 0.5;

/** For `throw`: anything that is no Stripe error is given back as it is. */
export function stripeFailure(error: unknown): unknown {
  const failure = classifyStripeError(error);
  if (!failure) return error;
  const { retryAfterMs } = failure;
  return ApplicationFailure.create({
    message: failure.summary,
    type: failure.type,
    nonRetryable: !failure.retryable,
    details: [{ kind: failure.kind, isOutcomeUnknown: failure.isOutcomeUnknown }],
    ...(retryAfterMs !== undefined && {
      nextRetryDelay: Math.round(retryAfterMs * (1 + Math.random() * JITTER)),
    }),
  });
}

/** Runs one Stripe call of an activity. */
export async function callingStripe<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw stripeFailure(error);
  }
}

/**
 * A failed Stripe call as a Temporal failure: typed by the error table, without headers or body.
 */
import { ApplicationFailure } from '@temporalio/common';
import { DomainError } from '../src/core/errors';
import { classifyStripeError } from '../src/stripe/errors';
import { recordFailure } from './record-failure';

/**
 * A wait is longer by half at most: calls that were refused together must not come back together.
 */
const JITTER = 0.5;

/**
 * Its result is to be thrown: an error that is neither Stripe's nor a broken rule is given back as
 * it is.
 */
export function stripeFailure(error: unknown): unknown {
  if (error instanceof DomainError) {
    // It stays retryable: what is missing here (a catalog push, a row) an operator can supply.
    return ApplicationFailure.create({ message: error.message, type: error.code });
  }
  const failure = classifyStripeError(error);
  if (!failure) return recordFailure(error);
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

/** Runs a call to Stripe, failing with a classified failure. */
export async function callingStripe<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw stripeFailure(error);
  }
}

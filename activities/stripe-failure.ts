/** A failed Stripe call as a Temporal failure: typed by the error table, without headers or body. */
import { ApplicationFailure } from '@temporalio/common';
import { DomainError } from '../src/core/errors';
import { classifyStripeError } from '../src/stripe/errors';

/** Half as much again at most: calls that were refused together must not come back together. */
const JITTER = 0.5;

/** For `throw`: an error that is neither Stripe's nor a broken rule is given back as it is. */
export function stripeFailure(error: unknown): unknown {
  if (error instanceof DomainError) {
    // Kept retryable: what is missing here (a catalog push, a row) an operator can supply.
    return ApplicationFailure.create({ message: error.message, type: error.code });
  }
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

type Activity = (request: never) => Promise<unknown>;

/** The same activities, failing with classified failures. */
export function failuresOf<T extends { readonly [name: string]: Activity }>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (request: never) => {
      try {
        return await activity(request);
      } catch (error) {
        throw stripeFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

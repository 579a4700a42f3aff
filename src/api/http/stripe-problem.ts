/** What a caller is told when Stripe stands in the way of a request that may be repeated. */
import { DomainError } from '../../core/errors';
import { classifyStripeError } from '../../stripe/errors';

/** `subject`: who is not complete, as in "Customer ann". Errors of others stay what they are. */
export function asStripeProblem(subject: string, error: unknown): unknown {
  const failure = classifyStripeError(error);
  if (!failure) return error;
  return new DomainError(
    'stripe_error',
    `${subject} is not complete yet. ${failure.summary}. Nothing is lost: ` +
      `${failure.retryable ? 'repeat the request' : 'mend the cause and repeat the request'}.`,
    { stripeFailure: failure.type, retryable: failure.retryable },
  );
}

/** What failures mean to a billing run: refusals, their causes, rules that a caller broke. */
import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { DomainError } from '../src/core/errors';
import type { Run } from './run';
import { TemporalFailure } from '@temporalio/common';

/** A broken rule reaches the caller by its code. */
export function refusing({ state }: Run, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // A run that was begun again, by this question perhaps, knows nothing of the customer: soon it
    // will.
    if (state.billingStatus === 'pending')
      throw ApplicationFailure.nonRetryable(`${state.customer} is not read yet.`, 'run_begins');
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

/** An activity or a workflow beside this one failed: it is no cancellation, and no bug of ours. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof TemporalFailure && !isCancellation(error);

/** Our own database can't store it, however often it is asked. */
export const isOfRecords = (error: unknown): boolean => typeOf(error) === 'record_refused';

export const isOfMissing = (error: unknown): boolean => typeOf(error) === 'stripe_resource_missing';

function typeOf(error: unknown): string | undefined {
  const cause = innermost(error);
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
}

/** The innermost message: Temporal wraps an activity's failure. */
export function causeOf(error: unknown): string {
  const cause = innermost(error);
  return cause instanceof Error ? cause.message : String(cause);
}

function innermost(error: unknown): unknown {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current;
}

/**
 * Makes a Temporal failure that is not tried again of what our database refuses to store: it would
 * be refused for ever. Everything else that fails there is an outage, and is retried.
 */
import { ApplicationFailure } from '@temporalio/common';
import { isUnstorableCode } from '../src/db/unstorable';

/** Its result is to be thrown: an error that is not of that kind is given back as it is. */
export function recordFailure(error: unknown): unknown {
  const fault = faultOf(error);
  if (!fault) return error;
  const location = [fault.table, fault.column, fault.constraint].filter(Boolean).join(', ');
  return ApplicationFailure.nonRetryable(
    // The detail stays out: it has the values.
    `SQLSTATE ${fault.code}${location && ` (${location})`}: ${fault.message}`,
    'record_refused',
  );
}

/** Runs what writes to our database, failing for good with what can't be stored. */
export async function recording<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw recordFailure(error);
  }
}

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

function faultOf(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || error instanceof ApplicationFailure) return undefined;
  const { code } = error as Error & { code?: unknown };
  if (isUnstorableCode(code)) return error as unknown as Fault;
  return faultOf(error.cause);
}

/** What was signalled to a workflow, by the same validation and intake as what came by HTTP. */
import { parseUsageEvent } from './usage-event-schema';
import { DomainError } from '../core/errors';
import type { UsageEvent } from '../core/usage/usage';
import { createGroupCommit } from './group-commit';
import { createIntake } from './intake';
import type { IntakeDeps, IntakeOutcome } from './intake';

/** The outcome of each usage event, in order; the customer is the workflow's, named or not. */
export type TakeUsage = (
  customer: string,
  events: readonly unknown[],
  receivedAt: Date,
) => Promise<IntakeOutcome[]>;

export function createUsageTaker(deps: Omit<IntakeDeps, 'groupCommit'>): TakeUsage {
  const intake = createIntake({ ...deps, groupCommit: createGroupCommit(deps.pool) });
  return (customer, events, receivedAt) => {
    const results = events.map((event) => parse(customer, event));
    return intake(results, { owner: customer, receivedAt });
  };
}

function parse(customer: string, value: unknown): UsageEvent | DomainError {
  try {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const event = parseUsageEvent(isObject ? { customer, ...value } : value);
    if (event.customer === customer) return event;
    return new DomainError(
      'invalid_usage_event',
      `customer is ${JSON.stringify(event.customer)}: expected ${JSON.stringify(customer)}, whose ` +
        'workflow was signalled. Signal the other one, or leave customer out.',
    );
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

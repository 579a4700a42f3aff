/** Exceptions that are open, of all customers, as their workflows tell them. */
import type { Client } from '@temporalio/client';
import { DomainError } from '../core/errors';
import type { BillingException } from '../core/state/remembered';
import { askWorkflow } from '../drift/ask-workflow';
import { createCustomerWorkflows } from './customer-workflows';

/** A list of many is not held up for long by one whom no worker answers for. */
const ANSWER_MS = 3_000;

export interface OpenExceptions {
  /** Customers who have any, in the order of their ids; it may be some seconds behind. */
  customers(): Promise<readonly string[]>;
  /** What is open of the customer now, or why that is not known. */
  of(customer: string): Promise<CustomersExceptions>;
}

export type CustomersExceptions =
  { readonly exceptions: readonly BillingException[] } | { readonly reason: string };

export function createOpenExceptions(
  temporal: Client,
  config: { readonly SIGNALS_PER_RUN_MAX: number },
): OpenExceptions {
  const workflows = createCustomerWorkflows({ temporal, config });
  return {
    customers: async () => {
      try {
        return [...(await workflows.customersWithExceptions())].sort();
      } catch (error) {
        throw notTold(error);
      }
    },
    of: async (customer) => {
      const answer = await askWorkflow({ temporal }, customer, ANSWER_MS);
      return answer.answered ? { exceptions: answer.state.exceptions } : { reason: answer.reason };
    },
  };
}

function notTold(cause: unknown): DomainError {
  const error = new DomainError(
    'billing_unavailable',
    'Temporal does not tell which customers have open exceptions. Ask again.',
  );
  error.cause = cause;
  return error;
}

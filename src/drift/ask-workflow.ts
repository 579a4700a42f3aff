/** What a customer's workflow says of itself, by its queries, or why it says nothing. */
import type { Client } from '@temporalio/client';
import { statementQuery, statusQuery } from '../../workflows/contract';
import type { BillingState } from '../core/state/billing-state';
import { billingWorkflowId } from '../core/ids';
import type { Statement } from '../core/invoices/statement';

/** A query waits if there is no worker: whoever asks should hear of that soon. */
const WORKFLOW_WAIT_MS = 10_000;

export type WorkflowAnswer =
  | {
      readonly answered: true;
      readonly state: BillingState;
      readonly statements: readonly Statement[];
    }
  | { readonly answered: false; readonly reason: string };

/** What the customer's workflow says now, or why it says nothing. */
export async function askWorkflow(
  { temporal }: { readonly temporal: Client },
  customer: string,
  waitMs = WORKFLOW_WAIT_MS,
): Promise<WorkflowAnswer> {
  const workflow = temporal.workflow.getHandle(billingWorkflowId(customer));
  try {
    return await temporal.withDeadline(Date.now() + waitMs, async () => {
      // One that has ended answers as it was, and does nothing any more.
      const run = await workflow.describe();
      if (run.status.name !== 'RUNNING')
        return { answered: false, reason: `${workflow.workflowId} is ${run.status.name}` };
      const state = await workflow.query(statusQuery);
      const statements = await workflow.query(statementQuery);
      return { answered: true, state, statements };
    });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    return {
      answered: false,
      reason: `Temporal does not answer for ${workflow.workflowId}: ${message}`,
    };
  }
}

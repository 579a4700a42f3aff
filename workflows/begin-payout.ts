/** Sees to it that `payout:{source}` looks at the charges of an invoice or sale again. */
import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { payoutWorkflowId } from '../src/core/ids';
import { BILLING_TASK_QUEUE, PAYOUT_WORKFLOW_TYPE, payoutChanged } from './contract';
import type { PayoutInput } from './contract';

/** One that ends just now has seen what was to be seen, or is begun again. */
const TRIES = 3;

/** One at a time for each source; it outlives this run, also one that is cancelled. */
export async function beginPayout(input: PayoutInput): Promise<void> {
  const { customer, source } = input;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    try {
      await startChild(PAYOUT_WORKFLOW_TYPE, {
        workflowId: payoutWorkflowId(source),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        taskQueue: BILLING_TASK_QUEUE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        args: [input],
        staticSummary: `${customer}: vendors' shares of ${source}`,
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (await tellPayout(source)) return;
  }
}

/** False: it is not running. */
export async function tellPayout(source: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(payoutWorkflowId(source)).signal(payoutChanged);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

/** Workflows that run beside the one that began them, and outlive it. */
import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { SignalDefinition, WorkflowIdReusePolicy } from '@temporalio/common';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { BILLING_TASK_QUEUE } from './contract';

export interface Beside {
  readonly workflowId: string;
  readonly workflowIdReusePolicy: WorkflowIdReusePolicy;
  readonly input: unknown;
  /** Operators read it in the Temporal UI. */
  readonly summary: string;
}

/** False says that it is there already. It goes on whatever becomes of this run. */
export async function startBeside(type: string, neighbour: Beside): Promise<boolean> {
  const { workflowId, workflowIdReusePolicy, input, summary } = neighbour;
  try {
    await startChild(type, {
      ...{ workflowId, workflowIdReusePolicy },
      taskQueue: BILLING_TASK_QUEUE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      args: [input],
      staticSummary: summary,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** False says that it does not run. */
export async function tellBeside(workflowId: string, signal: SignalDefinition): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

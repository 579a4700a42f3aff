/** Signals to `billing:{customer}` by Temporal, starting the workflow where it does not run. */
import type { Client } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import {
  BILLING_TASK_QUEUE,
  BILLING_WORKFLOW_TYPE,
  PAYOUT_WORKFLOW_TYPE,
  payoutChangedSignal,
  stripeEventSignal,
  usageRecordedSignal,
} from '../../workflows/contract';
import type {
  BillingInput,
  PayoutInput,
  StripeEventHint,
  UsageRecorded,
} from '../../workflows/contract';
import { billingWorkflowId, fairnessKey, payoutWorkflowId } from '../core/ids';
import type { WorkflowSignals } from '../ingest/forwarder';

/**
 * It is well below a claim's lease, so that a signal that hangs never overlaps with the next one.
 */
const SIGNAL_TIMEOUT_MS = 5_000;

interface Deps {
  readonly temporal: Client;
  readonly config: { readonly SIGNALS_PER_RUN_MAX: number };
}

export function createWorkflowSignals({ temporal, config }: Deps): WorkflowSignals {
  const deliver = async (
    customer: string,
    signal: string,
    message: UsageRecorded | StripeEventHint,
  ): Promise<void> => {
    const input: BillingInput = { customer, signalsPerRunMax: config.SIGNALS_PER_RUN_MAX };
    await temporal.withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () =>
      temporal.workflow.signalWithStart<Workflow, [UsageRecorded | StripeEventHint]>(
        BILLING_WORKFLOW_TYPE,
        {
          workflowId: billingWorkflowId(customer),
          taskQueue: BILLING_TASK_QUEUE,
          priority: { fairnessKey: fairnessKey(customer) },
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          args: [input],
          signal,
          signalArgs: [message],
        },
      ),
    );
  };
  return {
    signalUsage: (customer, usage) =>
      deliver(customer, usageRecordedSignal.name, { ...usage, sentAt: Date.now() }),
    signalStripeEvent: (customer, hint) => deliver(customer, stripeEventSignal.name, hint),
  };
}

/** Starts `billing:{customer}` unless it runs already. */
export function createBillingStarter({ temporal, config }: Deps) {
  return async (customer: string): Promise<void> => {
    const input: BillingInput = { customer, signalsPerRunMax: config.SIGNALS_PER_RUN_MAX };
    await temporal.withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () =>
      temporal.workflow.start<Workflow>(BILLING_WORKFLOW_TYPE, {
        workflowId: billingWorkflowId(customer),
        taskQueue: BILLING_TASK_QUEUE,
        priority: { fairnessKey: fairnessKey(customer) },
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [input],
      }),
    );
  };
}

/** Has `payout:{source}` look at its charges: the one that runs, or a new one. */
export function createPayoutStarter({ temporal }: Pick<Deps, 'temporal'>) {
  return async (customer: string, source: string): Promise<void> => {
    const input: PayoutInput = { customer, source };
    await temporal.withDeadline(Date.now() + SIGNAL_TIMEOUT_MS, () =>
      temporal.workflow.signalWithStart<Workflow, []>(PAYOUT_WORKFLOW_TYPE, {
        workflowId: payoutWorkflowId(source),
        taskQueue: BILLING_TASK_QUEUE,
        priority: { fairnessKey: fairnessKey(customer) },
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [input],
        signal: payoutChangedSignal.name,
      }),
    );
  };
}

/** Payouts in a world without Stripe, on a Temporal server. */
import { WorkflowClient } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../../activities';
import { payoutWorkflowId } from '../../../src/core/ids';
import type { PayoutStatus } from '../../../src/core/vendors/payout-details';
import {
  BILLING_TASK_QUEUE,
  PAYOUT_WORKFLOW_TYPE,
  payoutChangedSignal,
  payoutStatusQuery,
  STRIPE_TASK_QUEUE,
} from '../../../workflows/contract';
import type { PayoutResult } from '../../../workflows/contract';
import { eventually } from '../stack/eventually';
import type { PayoutWorld } from './payout-world';
import '../stack/quiet-temporal';

export interface PayoutRun {
  status(): Promise<PayoutStatus>;
  /** Waits until the one standing satisfies the check. */
  until(check: (standing: PayoutStatus['standings'][number]) => boolean): Promise<void>;
  tell(): Promise<void>;
  result(): Promise<PayoutResult>;
  searchAttributes(): Promise<Record<string, unknown>>;
}

/** Workers for a world, and payouts in it. */
export async function startPayouts(env: TestWorkflowEnvironment, world: PayoutWorld) {
  const shared = {
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
    activities: world.activities as Activities,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: BILLING_TASK_QUEUE,
      workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
    }),
    Worker.create({ ...shared, taskQueue: STRIPE_TASK_QUEUE }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  // Without skipping time: awaited by env.client, years may go by until the answer is there.
  const { namespace } = env.client.options;
  const plain = new WorkflowClient({ connection: env.connection, namespace });
  return {
    payOut: async (source: string): Promise<PayoutRun> => {
      const workflowId = payoutWorkflowId(source);
      await plain.start(PAYOUT_WORKFLOW_TYPE, {
        workflowId,
        taskQueue: BILLING_TASK_QUEUE,
        args: [{ customer: 'ada', source }],
      });
      const handle = plain.getHandle(workflowId);
      const status = () => handle.query(payoutStatusQuery);
      return {
        status,
        until: async (check) => {
          await eventually(status, ({ standings: [standing] }) => !!standing && check(standing));
        },
        tell: () => handle.signal(payoutChangedSignal),
        result: () => handle.result() as Promise<PayoutResult>,
        searchAttributes: async () => {
          const { typedSearchAttributes } = await handle.describe();
          const all = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
          return Object.fromEntries(all) as Record<string, unknown>;
        },
      };
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
    },
  };
}

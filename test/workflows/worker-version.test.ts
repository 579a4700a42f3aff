/** Goal: whatever lives for long can be had to go on in a new run, wherever it waits. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import {
  BILLING_TASK_QUEUE,
  DUNNING_WORKFLOW_TYPE,
  IMPORT_WORKFLOW_TYPE,
  moveToCurrentVersionSignal,
  PAYOUT_WORKFLOW_TYPE,
  ROLLOUT_WORKFLOW_TYPE,
  STRIPE_METERS_TASK_QUEUE,
  STRIPE_TASK_QUEUE,
} from '../../workflows/contract';
import { anInvoice } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import '../support/stack/quiet-temporal';
import { devServerEnvironment } from '../support/stack/temporal';
import { aRolloutWorld } from '../support/workflows/rollout-world';

const refused = async () => {
  throw ApplicationFailure.nonRetryable('403', 'stripe_permission');
};
const nothing = async () => undefined;
const ACTIVITIES = {
  ...aRolloutWorld(['ada']).activities,
  ...{ readPayout: refused, findImport: refused, refuseImport: nothing },
  readDunningPolicy: async () => ({ steps: [], giveUp: 'leave' }),
  readInvoice: async () => anInvoice({ status: 'open' }),
};

let env: TestWorkflowEnvironment;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  env = await devServerEnvironment();
  const shared = {
    ...{ connection: env.nativeConnection, namespace: env.client.options.namespace },
    ...{ activities: ACTIVITIES, shutdownForceTime: '1 second' },
  } as const;
  const workflowBundle = { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) };
  const workers = [
    await Worker.create({ ...shared, taskQueue: BILLING_TASK_QUEUE, workflowBundle }),
    await Worker.create({ ...shared, taskQueue: STRIPE_TASK_QUEUE }),
    await Worker.create({ ...shared, taskQueue: STRIPE_METERS_TASK_QUEUE }),
  ];
  const ended = Promise.allSettled(workers.map((worker) => worker.run()));
  stop = () => {
    for (const worker of workers) worker.shutdown();
    return ended;
  };
});
afterAll(async () => {
  await stop();
  await env.teardown();
});

const CASE = { customer: 'ada', invoiceId: 'in_1', amountDueCents: 5, firstFailedAt: 1 };
const PAYOUT = { customer: 'ada', source: 'in_1' };
const REQUEST = { planId: 'starter', version: 'v2', when: 'now', batch: 5, currency: 'usd' };
const ENTRY = { subscription: 'sub_1', customer: 'ada', opening: null };

test.each([
  ['an unpaid invoice whose schedule is over', DUNNING_WORKFLOW_TYPE, CASE],
  ['a payout whose charges are refused', PAYOUT_WORKFLOW_TYPE, PAYOUT],
  ['a rollout that nobody has approved', ROLLOUT_WORKFLOW_TYPE, { request: REQUEST }],
  ['an import that is refused', IMPORT_WORKFLOW_TYPE, { wish: { want: 'bill', entry: ENTRY } }],
])('%s goes on in a new run as it is told', async (_what, type, input) => {
  const handle = await env.client.workflow.start(type, {
    ...{ workflowId: `${type}:${randomUUID()}`, taskQueue: BILLING_TASK_QUEUE, args: [input] },
  });
  const latestRun = env.client.workflow.getHandle(handle.workflowId);
  const atRest = async () => {
    const { raw, historyLength } = await latestRun.describe();
    const { pendingActivities, pendingWorkflowTask } = raw;
    return historyLength > 4 && !pendingActivities?.length && !pendingWorkflowTask;
  };
  await eventually(atRest, (isAtRest) => isAtRest);
  await latestRun.signal(moveToCurrentVersionSignal);
  const next = await eventually(
    () => latestRun.describe(),
    ({ runId }) => runId !== handle.firstExecutionRunId,
  );
  expect(next.status.name).toBe('RUNNING');
  await eventually(atRest, (isAtRest) => isAtRest);
  expect((await latestRun.describe()).runId).toBe(next.runId);
});

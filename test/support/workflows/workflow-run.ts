/** Runs the billing workflow of one customer against a fake world, on whichever test server. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../../activities';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { UsageBatch } from '../../../src/core/usage/usage';
import type { BillingInput } from '../../../workflows/contract';
import {
  BILLING_TASK_QUEUE,
  BILLING_WORKFLOW_TYPE,
  statusQuery,
  stripeEventSignal,
  STRIPE_METERS_TASK_QUEUE,
  STRIPE_TASK_QUEUE,
  usageRecordedSignal,
} from '../../../workflows/contract';
import '../stack/quiet-temporal';
import { eventually } from '../stack/eventually';
import { aWorld } from './fake-world';
import type { FakeWorld } from './fake-world';
import type { StripeEventHint } from '../../../src/core/state/remembered';

export interface BillingRun {
  readonly customer: string;
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
  usage(...batches: UsageBatch[]): Promise<void>;
  hint(type: string, objectId: string): Promise<void>;
  state(): Promise<BillingState>;
  /** Waits until the state satisfies the check. */
  until(check: (state: BillingState) => boolean): Promise<BillingState>;
}

export interface BillingHarness {
  /** Starts the workflow of a new customer in this world, and leaves it at rest afterwards. */
  billing(
    world: FakeWorld,
    scenario: (run: BillingRun) => Promise<void>,
    input?: Partial<BillingInput>,
  ): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBilling {
  readonly env: TestWorkflowEnvironment;
  readonly billing: BillingHarness['billing'];
}

/** Server and workers for the tests of one file, from before the first to after the last. */
export function useBilling(environment: () => Promise<TestWorkflowEnvironment>): TestBilling {
  let env: TestWorkflowEnvironment;
  let harness: BillingHarness;
  beforeAll(async () => {
    env = await environment();
    harness = await startHarness(env);
  });
  afterAll(async () => {
    await harness.stop();
    await env.teardown();
  });
  return {
    get env() {
      return env;
    },
    billing: (...scenario) => harness.billing(...scenario),
  };
}

/** One pair of workers for a test file; each customer's activities act on that customer's world. */
export async function startHarness(env: TestWorkflowEnvironment): Promise<BillingHarness> {
  const worlds = new Map<string, FakeWorld>();
  const activities = activitiesByCustomer(worlds);
  const shared = {
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
    activities,
    // A query that met a closing run leaves a task that a graceful shutdown would wait for.
    shutdownForceTime: '2 seconds',
  } as const;
  const billing = await Worker.create({
    ...shared,
    taskQueue: BILLING_TASK_QUEUE,
    workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
  });
  const stripe = await Worker.create({ ...shared, taskQueue: STRIPE_TASK_QUEUE });
  const meters = await Worker.create({ ...shared, taskQueue: STRIPE_METERS_TASK_QUEUE });
  const running = Promise.allSettled([billing.run(), stripe.run(), meters.run()]);
  return {
    billing: async (world, scenario, input = {}) => {
      const run = await startBilling(env, worlds, world, input);
      await run.until(({ periods }) => periods.length > 0);
      await scenario(run);
      await untilQuiet(env, run);
    },
    stop: async () => {
      billing.shutdown();
      stripe.shutdown();
      meters.shutdown();
      await running;
    },
  };
}

/** Each activity, acting on the world of the customer it is for. */
function activitiesByCustomer(worlds: ReadonlyMap<string, FakeWorld>): Activities {
  const names = Object.keys(aWorld().activities) as (keyof Activities)[];
  const dispatch = (name: keyof Activities) => (request: { customer: string }) => {
    const world = worlds.get(request.customer);
    if (!world) throw new Error(`${name} for ${request.customer}, who is of another test`);
    return world.activities[name](request as never);
  };
  return Object.fromEntries(names.map((name) => [name, dispatch(name)])) as unknown as Activities;
}

/** At rest: nothing under way that a later test could be disturbed by. */
async function untilQuiet(env: TestWorkflowEnvironment, run: BillingRun): Promise<void> {
  const latest = env.client.workflow.getHandle(run.handle.workflowId);
  await eventually(
    async () => (await latest.describe()).raw,
    ({ pendingActivities, pendingWorkflowTask }) =>
      !pendingActivities?.length && !pendingWorkflowTask,
  );
}

async function startBilling(
  env: TestWorkflowEnvironment,
  worlds: Map<string, FakeWorld>,
  world: FakeWorld,
  input: Partial<BillingInput>,
): Promise<BillingRun> {
  const customer = `ada-${randomUUID().slice(0, 8)}`;
  worlds.set(customer, world);
  const handle = await env.client.workflow.start(BILLING_WORKFLOW_TYPE, {
    workflowId: `billing:${customer}`,
    taskQueue: BILLING_TASK_QUEUE,
    args: [{ customer, ...input }],
  });
  // Always the latest run: the one that was started may have continued as new.
  const latest = env.client.workflow.getHandle(handle.workflowId);
  let hints = 0;
  const state = () => latest.query(statusQuery);
  return {
    customer,
    handle,
    state,
    usage: (...batches) => latest.signal(usageRecordedSignal, { batches }),
    hint: (type, objectId) => {
      hints += 1;
      const hint: StripeEventHint = { id: `evt_${hints}`, type, objectId, created: 1 };
      return latest.signal(stripeEventSignal, hint);
    },
    until: (check) => eventually(state, check),
  };
}

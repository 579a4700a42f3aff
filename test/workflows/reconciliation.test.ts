/** Goal: a run goes through every part and tells what it found; it comes by itself once a day. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { ensureReconciliationSchedule, RECONCILIATION_ID } from '../../src/reconciliation-schedule';
import { BILLING_TASK_QUEUE, STRIPE_TASK_QUEUE } from '../../workflows/contract';
import type { reconciliation } from '../../workflows/reconciliation';
import '../support/quiet-temporal';
import { devServerEnvironment, timeSkippingEnvironment } from '../support/temporal';

type Parts = Pick<Activities, 'recoverStripeEvents' | 'hintOverdueCustomers'>;

let env: TestWorkflowEnvironment;
let stop: () => Promise<void>;
let parts: Parts;
beforeAll(async () => {
  env = await devServerEnvironment();
  const shared = {
    connection: env.nativeConnection,
    activities: {
      recoverStripeEvents: (request) => parts.recoverStripeEvents(request),
      hintOverdueCustomers: (request) => parts.hintOverdueCustomers(request),
    } satisfies Parts,
  };
  const billing = await Worker.create({
    ...shared,
    taskQueue: BILLING_TASK_QUEUE,
    workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
  });
  const stripe = await Worker.create({ ...shared, taskQueue: STRIPE_TASK_QUEUE });
  const running = Promise.all([billing.run(), stripe.run()]);
  stop = async () => {
    billing.shutdown();
    stripe.shutdown();
    await running;
  };
});
afterAll(async () => {
  await stop();
  await env.teardown();
});

const start = () =>
  env.client.workflow.start<typeof reconciliation>('reconciliation', {
    workflowId: `reconciliation-${randomUUID()}`,
    taskQueue: BILLING_TASK_QUEUE,
  });

test('a long gap and many customers are worked off part by part, and all of it is told', async () => {
  const asked: unknown[] = [];
  parts = {
    recoverStripeEvents: async ({ position }) => {
      asked.push(position?.after);
      const next = position ? null : { since: 7, after: 'evt_5000' };
      return { read: 10, recovered: { 'invoice.paid': 2, ...(next && { 'a.b': 1 }) }, next };
    },
    hintOverdueCustomers: async ({ after }) => {
      asked.push(after);
      if (after === null) return { hinted: ['ada'], unlisted: [], next: 'ada' };
      return { hinted: ['bo'], unlisted: [{ customer: 'bo', reason: 'no' }], next: null };
    },
  };
  const run = await start();
  expect(await run.result()).toEqual({
    runAt: expect.any(Number) as number,
    eventsRead: 20,
    eventsRecovered: { 'invoice.paid': 4, 'a.b': 1 },
    customersHinted: 2,
    customers: ['ada', 'bo'],
    unlisted: [{ customer: 'bo', reason: 'no' }],
    fault: null,
  });
  expect(asked).toEqual([undefined, 'evt_5000', null, 'ada']);
  const metadata = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(metadata.currentDetails).toContain('**Recovered, as they had never arrived**: 5');
  expect(metadata.currentDetails).toContain('- invoice.paid: 4');
  expect(metadata.currentDetails).toContain('- ada\n');
});

test('a key that may not list events fails the run, but overdue customers are hinted first', async () => {
  let hinted = 0;
  parts = {
    recoverStripeEvents: async () => {
      throw ApplicationFailure.nonRetryable('Stripe: stripe_forbidden (HTTP 403)');
    },
    hintOverdueCustomers: async () => {
      hinted += 1;
      return { hinted: ['ada'], unlisted: [], next: null };
    },
  };
  const failure = await (await start()).result().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect((failure as WorkflowFailedError).cause?.message).toMatch(
    /could not be read: Stripe: stripe_forbidden/,
  );
  expect(hinted).toBe(1);
});

describe('the schedule', () => {
  const warnings: unknown[] = [];
  const log = { warn: (_about: object, line: string) => void warnings.push(line) };
  const ensure = () => ensureReconciliationSchedule(env.client, log as never);
  const handle = () => env.client.schedule.getHandle(RECONCILIATION_ID);
  afterAll(() => handle().delete());

  test('is made by the first worker, and by two at once', async () => {
    await Promise.all([ensure(), ensure()]);
    const { info, state } = await handle().describe();
    expect(info.nextActionTimes[0]?.getUTCHours()).toBe(5);
    expect(state.paused).toBe(false);
  });

  test('is brought up to date by a later one, and stays paused where an operator paused it', async () => {
    await handle().update((schedule) => ({ ...schedule, spec: { intervals: [{ every: '2d' }] } }));
    await handle().pause('Stripe migration');
    await ensure();
    const { spec, state } = await handle().describe();
    expect([spec.calendars?.length, spec.intervals?.length]).toEqual([1, 0]);
    expect(state).toMatchObject({ paused: true, note: 'Stripe migration' });
    expect(warnings).toEqual([]);
  });

  test('is left out, with a warning, on a server that has no schedules', async () => {
    const without = await timeSkippingEnvironment();
    await ensureReconciliationSchedule(without.client, log as never);
    expect(warnings).toEqual([expect.stringContaining('no schedule for the reconciliation')]);
    await without.teardown();
  });
});

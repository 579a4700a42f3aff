/** Goal: a run goes through every part and tells what it found; it comes by itself once a day. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { lostEventsText } from '../../src/cli/operator/find-lost-events';
import {
  ensureLostEventsSchedule,
  RECONCILIATION_ID,
  findLostEvents,
} from '../../src/temporal/lost-events-schedule';
import {
  BILLING_TASK_QUEUE,
  reconcileAgainSignal,
  STRIPE_TASK_QUEUE,
} from '../../workflows/contract';
import type { reconciliation } from '../../workflows/reconciliation';
import { eventually } from '../support/stack/eventually';
import '../support/stack/quiet-temporal';
import { devServerEnvironment, timeSkippingEnvironment } from '../support/stack/temporal';

type Parts = Pick<Activities, 'recoverStripeEvents' | 'hintOverdueCustomers'>;

let env: TestWorkflowEnvironment;
let stop: () => Promise<void>;
let parts: Parts;
beforeAll(async () => {
  env = await devServerEnvironment();
  const shared = {
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
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

test('a key that may not list events is told of, hints are given, and an operator has it tried again', async () => {
  let hinted = 0;
  let isRefusing = true;
  parts = {
    recoverStripeEvents: async () => {
      if (isRefusing) throw ApplicationFailure.nonRetryable('Stripe: stripe_forbidden (HTTP 403)');
      return { read: 7, recovered: {}, next: null };
    },
    hintOverdueCustomers: async () => {
      hinted += 1;
      return { hinted: ['ada'], unlisted: [], next: null };
    },
  };
  const run = await start();
  const shown = async () =>
    (await run.describe()).typedSearchAttributes
      .getAll()
      .map(({ key, value }) => [key.name, value]);
  await eventually(shown, (all) => JSON.stringify(all).includes('stripe_refused'));
  const { currentDetails } = await run.query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  );
  expect(currentDetails).toContain('tried again**: Stripe: stripe_forbidden');
  isRefusing = false;
  await run.signal(reconcileAgainSignal);
  expect(await run.result()).toMatchObject({ eventsRead: 7, customersHinted: 1, fault: null });
  expect(hinted).toBe(1);
  expect(JSON.stringify(await shown())).not.toContain('stripe_refused');
});

test('somebody who waits for the result is told in it what was refused', async () => {
  parts = {
    recoverStripeEvents: async () => {
      throw ApplicationFailure.nonRetryable('Stripe: stripe_forbidden (HTTP 403)');
    },
    hintOverdueCustomers: async () => ({ hinted: [], unlisted: [], next: null }),
  };
  const found = await findLostEvents(env.client);
  expect(found.fault).toMatch(/stripe_forbidden/);
  expect(lostEventsText(found)).toMatch(/refused.*stripe_forbidden/);
});

describe('the schedule', () => {
  const warnings: unknown[] = [];
  const log = { warn: (_about: object, line: string) => void warnings.push(line) };
  const ensure = () => ensureLostEventsSchedule(env.client, log as never);
  const handle = () => env.client.schedule.getHandle(RECONCILIATION_ID);
  afterAll(() => handle().delete());

  test('is made by the first worker, and by two at once', async () => {
    await Promise.all([ensure(), ensure()]);
    const { info, state } = await handle().describe();
    expect(info.nextActionTimes[0]?.getUTCHours()).toBe(5);
    expect(state.paused).toBe(false);
  });

  test('is brought up to date by a later one, and stays paused where an operator paused it', async () => {
    const described = () => handle().describe();
    await handle().update((schedule) => ({ ...schedule, spec: { intervals: [{ every: '2d' }] } }));
    // The server takes an update and a pause that reach it in one task in no certain order.
    await eventually(described, ({ spec }) => spec.intervals?.length === 1);
    await handle().pause('Stripe migration');
    await eventually(described, ({ state }) => state.paused);
    await ensure();
    const { state } = await eventually(described, ({ spec }) => spec.calendars?.length === 1);
    expect(state).toMatchObject({ paused: true, note: 'Stripe migration' });
    expect(warnings).toEqual([]);
  });

  test('is left out, with a warning, on a server that has no schedules', async () => {
    const without = await timeSkippingEnvironment();
    await ensureLostEventsSchedule(without.client, log as never);
    expect(warnings).toEqual([expect.stringContaining('no schedule for the reconciliation')]);
    await without.teardown();
  });
});

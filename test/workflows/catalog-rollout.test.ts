/**
 * Goal: on Temporal's own server nobody is moved before a rollout is approved, it waits where it is
 * told to, stops at the first trouble and names it, and whatever is restarted, moves nobody twice.
 */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { RolloutActivities } from '../../activities';
import type { RolloutState } from '../../src/core/plans/rollout';
import { rolloutWorkflowId } from '../../src/core/ids';
import {
  approveRolloutUpdate,
  BILLING_TASK_QUEUE,
  cancelRolloutUpdate,
  pauseRolloutUpdate,
  resumeRolloutUpdate,
  ROLLOUT_WORKFLOW_TYPE,
  rolloutStatusQuery,
} from '../../workflows/contract';
import type { RolloutInput } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import '../support/stack/quiet-temporal';
import { aRolloutWorld } from '../support/workflows/rollout-world';
import type { RolloutWorld } from '../support/workflows/rollout-world';
import { devServerEnvironment } from '../support/stack/temporal';

const WORD = { by: 'olga', reason: 'costs rose' };

let env: TestWorkflowEnvironment;
let world: RolloutWorld;
let worker: { stop(): Promise<void> };
beforeAll(async () => {
  env = await devServerEnvironment();
  worker = await startWorker();
});
afterAll(async () => {
  await worker.stop();
  await env.teardown();
});

async function startWorker() {
  const names = Object.keys(aRolloutWorld([]).activities) as (keyof RolloutActivities)[];
  const running = await Worker.create({
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
    taskQueue: BILLING_TASK_QUEUE,
    workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
    activities: Object.fromEntries(
      names.map((name) => [name, (request: never) => world.activities[name](request)]),
    ),
    shutdownForceTime: '1 second',
  });
  const stopped = running.run();
  return {
    stop: async () => {
      running.shutdown();
      await stopped.catch(() => undefined);
    },
  };
}

async function start(input: Partial<RolloutInput> = {}) {
  const request = {
    ...{ planId: `starter-${randomUUID().slice(0, 8)}`, version: 'v2', currency: 'usd' },
    ...({ when: 'period_end', batch: 2 } as const),
  };
  const workflowId = rolloutWorkflowId(request.planId, request.version);
  await env.client.workflow.start(ROLLOUT_WORKFLOW_TYPE, {
    ...{ workflowId, taskQueue: BILLING_TASK_QUEUE, args: [{ request, ...input }] },
  });
  const latest = env.client.workflow.getHandle(workflowId);
  const state = () => latest.query(rolloutStatusQuery);
  return {
    latest,
    state,
    runId: async () => (await latest.describe()).runId,
    until: (phase: RolloutState['phase']) =>
      eventually(state, (read) => read.phase === phase && read.entries.length === 0),
    approve: () => latest.executeUpdate(approveRolloutUpdate, { args: [WORD] }),
    pause: () => latest.executeUpdate(pauseRolloutUpdate, { args: [WORD] }),
    resume: (skip = false) =>
      latest.executeUpdate(resumeRolloutUpdate, { args: [{ ...WORD, skip }] }),
    cancel: () => latest.executeUpdate(cancelRolloutUpdate, { args: [WORD] }),
  };
}

const names = () => world.asked.map(([customer]) => customer);

test('it says what it would change, and moves nobody before it is approved', async () => {
  world = aRolloutWorld(['ada', 'bo', 'cy', 'di', 'ed'], ['cy']);
  const rollout = await start();
  const { preview } = await rollout.until('awaiting_approval');
  // Four at 29.00, then 39.00; cy leaves with the period.
  expect(preview).toMatchObject({
    ...{ customers: 4, beforeCents: 11_600, afterCents: 15_600 },
    ...{ leftOut: { cancellation_waits: 1 } },
    leftOutNames: [{ customer: 'cy', reason: 'cancellation_waits' }],
  });
  const metadata = await rollout.latest.query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  );
  expect(metadata.currentDetails).toContain('4 customers, $116.00 → $156.00 a period (+$40.00)');
  await expect(rollout.resume()).rejects.toThrow();
  expect(names()).toEqual([]);
  await rollout.approve();
  expect(await rollout.latest.result()).toEqual({
    ...{ phase: 'done', moved: 4, leftOut: { cancellation_waits: 1 } },
  });
  expect(names()).toEqual(['ada', 'bo', 'di', 'ed']);
  expect(world.entries).toEqual([
    ...['rollout_previewed', 'rollout_approved', 'rollout_left_out', 'rollout_done'],
  ]);
});

test('paused it moves nobody, and resumed it goes on where it was', async () => {
  world = aRolloutWorld(['ada', 'bo', 'cy']);
  const rollout = await start();
  world.onMove = async (customer) => void (customer === 'bo' && (await rollout.pause()));
  await rollout.until('awaiting_approval');
  await rollout.approve();
  expect(await rollout.until('paused')).toMatchObject({ moved: 2, cursor: 'bo' });
  expect(names()).toEqual(['ada', 'bo']);
  await rollout.resume();
  expect(await rollout.latest.result()).toMatchObject({ moved: 3 });
  expect(names()).toEqual(['ada', 'bo', 'cy']);
});

test('an exception of somebody moved stops it and is named; settled, it goes on', async () => {
  world = aRolloutWorld(['ada', 'bo', 'cy', 'di']);
  world.exceptions.set('ada', 'price_differs: 4.00');
  const rollout = await start();
  await rollout.until('awaiting_approval');
  await rollout.approve();
  const { trouble } = await rollout.until('stopped');
  expect(trouble).toEqual({ customer: 'ada', why: 'price_differs: 4.00' });
  expect(names()).toEqual(['ada', 'bo']);
  // Still open: it stops again, and moves nobody.
  await rollout.resume();
  await eventually(
    () => world.entries,
    (entries) => entries.filter((kind) => kind === 'rollout_stopped').length === 2,
  );
  expect(names()).toEqual(['ada', 'bo']);
  world.exceptions.clear();
  await rollout.until('stopped');
  await rollout.resume();
  expect(await rollout.latest.result()).toMatchObject({ phase: 'done', moved: 4 });
});

test('an exception after the last batch stops it before it is done', async () => {
  world = aRolloutWorld(['ada']);
  world.onMove = () => void world.exceptions.set('ada', 'invoice_differs');
  const rollout = await start();
  await rollout.until('awaiting_approval');
  await rollout.approve();
  expect(await rollout.until('stopped')).toMatchObject({ moved: 1 });
  await rollout.cancel();
  expect(await rollout.latest.result()).toMatchObject({ phase: 'canceled', moved: 1 });
});

test('who is refused stops it, is asked again under another key, and is skipped if so decided', async () => {
  world = aRolloutWorld(['ada', 'bo', 'cy']);
  world.refusals.set('bo', 'the card was declined');
  const rollout = await start();
  await rollout.until('awaiting_approval');
  await rollout.approve();
  expect(await rollout.until('stopped')).toMatchObject({
    trouble: { customer: 'bo', why: 'the card was declined', isRefusal: true },
  });
  await rollout.resume();
  await eventually(names, (asked) => asked.length === 3);
  const keys = world.asked.filter(([customer]) => customer === 'bo').map(([, key]) => key);
  expect(new Set(keys).size).toBe(2);
  await rollout.until('stopped');
  await rollout.resume(true);
  expect(await rollout.latest.result()).toMatchObject({ moved: 2, leftOut: { skipped: 1 } });
});

test('a step of its own that fails stops it, and so does an audit trail that refuses', async () => {
  world = aRolloutWorld(['ada']);
  const refuse = async () => {
    throw ApplicationFailure.nonRetryable('No catalog v2 is stored', 'catalog_not_pushed');
  };
  const good = { ...world.activities };
  Object.assign(world.activities, { previewRollout: refuse });
  const rollout = await start();
  expect(await rollout.until('stopped')).toMatchObject({
    trouble: { customer: null, why: 'No catalog v2 is stored' },
  });
  Object.assign(world.activities, good, { recordRollout: refuse });
  await rollout.resume();
  const { trouble } = await eventually(
    rollout.state,
    ({ phase, entries }) => phase === 'stopped' && entries.length > 0,
  );
  expect(trouble?.why).toContain('the audit trail refuses rollout_resumed');
  Object.assign(world.activities, good);
  await rollout.resume();
  await rollout.until('awaiting_approval');
  expect(names()).toEqual([]);
  await rollout.approve();
  expect(await rollout.latest.result()).toMatchObject({ phase: 'done', moved: 1 });
});

test('runs that continue as new and a worker that is replaced move nobody twice', async () => {
  const customers = Array.from({ length: 12 }, (_, at) => `n${String(at).padStart(2, '0')}`);
  world = aRolloutWorld(customers);
  let replaced: Promise<void> | undefined;
  world.onMove = async (customer) => {
    if (customer !== 'n05' || replaced) return;
    replaced = worker.stop().then(async () => {
      worker = await startWorker();
    });
    // The first attempt answers nobody any more.
    await replaced;
  };
  const rollout = await start({ eventsPerRunMax: 30 });
  const first = await rollout.runId();
  await rollout.until('awaiting_approval');
  await rollout.approve();
  await eventually(rollout.state, ({ phase }) => phase === 'done', 90_000);
  expect(await rollout.runId()).not.toBe(first);
  expect([...new Set(names())]).toEqual(customers);
  // Asked twice at most, and then under one key: for the customer's workflow it is one request.
  expect(new Set(world.asked.map(([, key]) => key)).size).toBe(12);
  expect(await rollout.state()).toMatchObject({ moved: 12, leftOut: {} });
}, 120_000);

/** Goal: no limit of the server ends a workflow, or stops it: a run ends long before. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { dunningWorkflowId, payoutWorkflowId } from '../../src/core/ids';
import { readDevEnvironment } from '../../src/dev/environment';
import { freePort } from '../../src/dev/free-port';
import { findTemporalCli } from '../../src/dev/temporal/command-line';
import { startTemporalServer } from '../../src/dev/temporal/server';
import type { TemporalServer } from '../../src/dev/temporal/server';
import {
  BILLING_TASK_QUEUE,
  DUNNING_WORKFLOW_TYPE,
  dunningStatusQuery,
  invoiceChangedSignal,
  pauseDunningUpdate,
  PAYOUT_WORKFLOW_TYPE,
  payoutChangedSignal,
  recordUsageSignal,
} from '../../workflows/contract';
import { OpenException } from '../../workflows/search-attributes';
import { aBaseLine, aLine, anInvoice } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import { startHarness } from '../support/workflows/workflow-run';
import type { BillingHarness } from '../support/workflows/workflow-run';

const SUGGESTED_AFTER_EVENTS = 60;
/** 2,000 elsewhere. */
const PENDING_ACTIVITIES_MAX = 20;

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-limits-'));
let server: TemporalServer;
let env: TestWorkflowEnvironment;
let harness: BillingHarness;
beforeAll(async () => {
  server = await startTemporalServer({
    cli: await findTemporalCli(readDevEnvironment(), () => undefined),
    port: await freePort(),
    logFile: join(folder, 'temporal.log'),
    dynamicConfig: {
      'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_AFTER_EVENTS),
      'limit.numPendingActivities.error': String(PENDING_ACTIVITIES_MAX),
    },
  });
  env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  harness = await startHarness(env);
});
afterAll(async () => {
  await harness.stop();
  await env.teardown();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the server’s suggestion ends the run, whatever number of signals it may have had', async () => {
  const world = aWorld();
  await harness.billing(world, async (run) => {
    for (let count = 0; count < 40; count += 1) await run.usage(world.seal(aLine(10_000)));
    await run.until(
      ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 300_000,
    );
    const query = `WorkflowId = "${run.handle.workflowId}"`;
    const runs = await eventually(
      async () => {
        const found = [];
        for await (const { historyLength } of env.client.workflow.list({ query }))
          found.push(historyLength);
        return found;
      },
      (found) => found.length > 1,
    );
    // Room for what was under way when the suggestion came.
    for (const events of runs) expect(events).toBeLessThan(2 * SUGGESTED_AFTER_EVENTS);
  });
});

test('more signalled usage than Temporal takes activities is in the ledger once that is back', async () => {
  const world = aWorld();
  await harness.billing(world, async (run) => {
    world.isIntakeDown = true;
    const latest = env.client.workflow.getHandle(run.handle.workflowId);
    for (let call = 0; call < 3 * PENDING_ACTIVITIES_MAX; call += 1)
      await latest.signal(recordUsageSignal, {
        events: [{ id: `call-${call}`, model: 'gpt-4o-mini', tokens: { input: 1 } }],
      });
    world.isIntakeDown = false;
    await eventually(
      async () => new Set(world.taken.map((event) => (event as { id: string }).id)).size,
      (count) => count === 3 * PENDING_ACTIVITIES_MAX,
    );
  });
});

/** What a run is told to do again, until a next run does it. */
async function untilNextRun(handle: WorkflowHandle, again: () => Promise<void>): Promise<void> {
  const { runId } = await handle.describe();
  for (let times = 0; times < SUGGESTED_AFTER_EVENTS; times += 1) {
    await again();
    await eventually(
      async () => (await handle.describe()).raw,
      ({ pendingActivities, pendingWorkflowTask }) =>
        !pendingActivities?.length && !pendingWorkflowTask,
    );
    if ((await handle.describe()).runId !== runId) return;
  }
  throw new Error(`${handle.workflowId} is in the same run`);
}

const exceptionOf = async (handle: WorkflowHandle) =>
  (await handle.describe()).typedSearchAttributes.get(OpenException);

test('a dunning case that is refused for weeks goes on in new runs, paused as it was', async () => {
  const world = aWorld();
  await harness.billing(world, async ({ customer }) => {
    const handle = env.client.workflow.getHandle(dunningWorkflowId(`in_${customer}`));
    await env.client.workflow.start(DUNNING_WORKFLOW_TYPE, {
      ...{ workflowId: handle.workflowId, taskQueue: BILLING_TASK_QUEUE },
      args: [{ customer, invoiceId: `in_${customer}`, amountDueCents: 5, firstFailedAt: 1 }],
    });
    const pause = { until: null, reason: 'they promised' };
    await handle.executeUpdate(pauseDunningUpdate, { args: [pause], updateId: 'pause' });
    await untilNextRun(handle, () => handle.signal(invoiceChangedSignal));
    await eventually(
      () => exceptionOf(handle),
      (kind) => kind === 'stripe_refused',
    );
    expect((await handle.query(dunningStatusQuery)).pause?.reason).toBe('they promised');
    const invoice = anInvoice({ id: `in_${customer}`, status: 'paid' });
    world.invoices.set(invoice.id, { ...invoice, lines: [aBaseLine()] });
    await handle.signal(invoiceChangedSignal);
    expect(await handle.result()).toEqual({ outcome: 'recovered', stepsTaken: 0 });
    expect(await exceptionOf(handle)).toBeUndefined();
  });
});

test('a payout whose charges can not be read for weeks goes on in new runs', async () => {
  const inner = aWorld();
  const stripe = { isRefusing: true };
  const readPayout: Activities['readPayout'] = async (request) => {
    if (stripe.isRefusing) throw ApplicationFailure.nonRetryable('403', 'stripe_permission');
    return inner.activities.readPayout(request);
  };
  const world = { ...inner, activities: { ...inner.activities, readPayout } };
  await harness.billing(world, async ({ customer }) => {
    const handle = env.client.workflow.getHandle(payoutWorkflowId(`ch_${customer}`));
    await env.client.workflow.start(PAYOUT_WORKFLOW_TYPE, {
      ...{ workflowId: handle.workflowId, taskQueue: BILLING_TASK_QUEUE },
      args: [{ customer, source: `ch_${customer}` }],
    });
    await untilNextRun(handle, () => handle.signal(payoutChangedSignal));
    stripe.isRefusing = false;
    await handle.signal(payoutChangedSignal);
    expect(await handle.result()).toEqual({ vendors: [] });
    expect(await exceptionOf(handle)).toBeUndefined();
  });
});

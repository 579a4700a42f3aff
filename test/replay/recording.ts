/**
 * Records the histories that test/replay/replay.test.ts replays. Run it when a released version is
 * to be kept: `npx jest --config test/replay/record.config.js`. Old recordings stay: they are what
 * customers' running workflows look like.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { aLine, anInvoice, aSubscription, FEBRUARY, MARCH, someTerms } from '../support/builders';
import { aWorld } from '../support/fake-world';
import { eventually } from '../support/eventually';
import { devServerEnvironment } from '../support/temporal';
import { useBilling } from '../support/workflow-run';
import type { BillingRun } from '../support/workflow-run';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

const customers = useBilling(devServerEnvironment);

/** One file for each run of the customer, oldest first. */
async function record(name: string, run: BillingRun, runCount: number): Promise<void> {
  const query = `WorkflowId = "${run.handle.workflowId}"`;
  const runIds = async () => {
    const ids: string[] = [];
    for await (const { runId } of customers.env.client.workflow.list({ query })) ids.unshift(runId);
    return ids;
  };
  const runs = await eventually(runIds, ({ length }) => length >= runCount);
  // The last run may have been begun a moment ago: an empty history proves nothing.
  const latest = customers.env.client.workflow.getHandle(run.handle.workflowId, runs.at(-1));
  await eventually(
    async () => (await latest.describe()).historyLength,
    (length) => length > 3,
  );
  for (const [at, runId] of runs.entries()) {
    const history = await customers.env.client.workflow
      .getHandle(run.handle.workflowId, runId)
      .fetchHistory();
    const file = join(__dirname, 'histories', `${version}-${name}-${at + 1}.json`);
    await writeFile(file, historyToJSON(history));
  }
}

test('a month with overage, renewed, held for nothing, paid and reset', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    const [first, , third] = [
      world.seal(aLine(90_000)),
      world.seal(aLine(20_000, { model: 'gpt-4o' })),
      world.seal(aLine(40_000)),
    ];
    await run.usage(first);
    await run.usage(third as never);
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    await run.usage(world.seal(aLine(5, { second: FEBRUARY })));
    await run.until(({ awaitsPeriod }) => awaitsPeriod);
    world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
    await run.hint('customer.subscription.updated', 'sub_ada');
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    world.invoices.set('in_feb', anInvoice({ status: 'paid', totalCents: 2915 }));
    await run.hint('invoice.paid', 'in_feb');
    await run.until(({ periods }) => periods.length === 1 && periods[0]?.usedTokens === 5);
    await record('month', run, 2);
  });
});

test('a refused report, tried again; runs that end by their number of signals', async () => {
  const world = aWorld();
  await customers.billing(
    world,
    async (run) => {
      for (let count = 0; count < 8; count += 1) await run.usage(world.seal(aLine(30_000)));
      await run.until(
        ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 140_000,
      );
      world.stripe = 'refused';
      await run.usage(world.seal(aLine(1)));
      await run.until(({ exceptions }) => exceptions[0]?.kind === 'report_refused');
      world.stripe = 'up';
      for (let count = 0; count < 3; count += 1) await run.usage(world.seal(aLine(1)));
      await run.until(
        ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 140_004,
      );
      await record('refused', run, 3);
    },
    { signalsPerRunMax: 4 },
  );
});

test('thresholds that are told, one by one and two at once, over runs', async () => {
  const world = aWorld();
  world.subscription = aSubscription({ terms: someTerms({ usageThresholds: [50, 80, 100] }) });
  await customers.billing(
    world,
    async (run) => {
      await run.usage(world.seal(aLine(50_000)));
      await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 1);
      await run.usage(world.seal(aLine(60_000)));
      await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 3);
      await run.usage(world.seal(aLine(1)));
      await run.until(({ appliedSequence }) => appliedSequence === 3);
      await record('thresholds', run, 2);
    },
    { signalsPerRunMax: 2 },
  );
});

/**
 * Records what release 0.1.0 did where today's runs do otherwise, by that release's own workflow
 * code: `npx jest --config test/replay/record-released.config.js`. What the workflows do now is
 * recorded by recording.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aLine, aSubscription, FEBRUARY, MARCH, someTerms } from '../support/builders/builders';
import { aWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { workflowsOfRelease } from '../support/workflows/released-workflows';
import { startHarness } from '../support/workflows/workflow-run';
import type { BillingHarness } from '../support/workflows/workflow-run';
import { recordHistory } from './record-history';

const RELEASE = '0.1.0';

let dir: string;
let env: Awaited<ReturnType<typeof devServerEnvironment>>;
let harness: BillingHarness;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'recording-'));
  process.env.TEST_WORKFLOW_BUNDLE = workflowsOfRelease(RELEASE, dir);
  env = await devServerEnvironment();
  harness = await startHarness(env);
});
afterAll(async () => {
  await harness.stop();
  await env.teardown();
  rmSync(dir, { recursive: true, force: true });
});

const record = (name: string, of: { handle: { workflowId: string } }) =>
  recordHistory(env, { name, workflowId: of.handle.workflowId, runs: 1, release: RELEASE });

test('a reading that nobody asked for, refused, and told on though another succeeded', async () => {
  const world = aWorld();
  await harness.billing(world, async (run) => {
    world.stripe = 'refused';
    await run.usage(world.seal(aLine(5, { second: FEBRUARY })));
    await run.until(({ exceptions }) => exceptions[0]?.subject === 'subscription');
    world.stripe = 'up';
    world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
    await run.hint('customer.subscription.updated', 'sub_ada');
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods.length === 2 && periods[0]?.phase === 'reconciled');
    await record('unasked', run);
  });
});

const upgraded = (cancelAt: number | null) => {
  const { standing } = aSubscription();
  const terms = someTerms({ autoUpgrade: { planId: 'plus', atPercent: 100 } });
  return aSubscription({ terms, standing: { ...standing, autoUpgrade: true, cancelAt } });
};

test('an upgrade that was refused, of a customer who leaves, is told on', async () => {
  const world = aWorld();
  world.subscription = upgraded(null);
  await harness.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ exceptions }) => exceptions[0]?.kind === 'stripe_refused');
    world.subscription = upgraded(FEBRUARY);
    await run.hint('customer.subscription.updated', 'sub_ada');
    await run.until(({ standing }) => standing.cancelAt === FEBRUARY);
    await run.usage(world.seal(aLine(5)));
    await run.until(({ appliedSequence }) => appliedSequence === 2);
    await record('leaving', run);
  });
});

/** Goal: a customer is told once of each threshold, through runs, repeats, outages and resets. */
import { usageThresholdKey } from '../../src/core/ids';
import {
  aLine,
  anInvoice,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);
const terms = someTerms({ usageThresholds: [80, 100] });

function aWorldWithThresholds(): FakeWorld {
  const world = aWorld();
  world.subscription = aSubscription({ terms });
  return world;
}

const percentsTold = ({ told }: FakeWorld) => told.map(({ fact }) => fact.percent);
const toldUntil = (world: FakeWorld, calls: number) =>
  eventually(
    () => percentsTold(world),
    (percents) => percents.length >= calls,
  );

async function runsOf(run: BillingRun): Promise<number> {
  const query = `WorkflowId = "${run.handle.workflowId}"`;
  const { count } = await customers.env.client.workflow.count(query);
  return count;
}

test('at 80 % customer and app are told how much of what is used, and at 100 % again', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(79_999)));
    await run.until(({ appliedSequence }) => appliedSequence === 1);
    expect(world.told).toEqual([]);
    await run.usage(world.seal(aLine(1)));
    await toldUntil(world, 1);
    expect(world.told[0]).toMatchObject({
      customer: run.customer,
      type: 'usage.threshold_reached',
      channels: ['email', 'webhook'],
      fact: {
        ...{ planId: 'starter', periodStart: JANUARY, periodEnd: FEBRUARY, percent: 80 },
        ...{ includedTokens: 100_000, usedTokens: 80_000, overageTokens: 0 },
        rates: [{ id: 'overage_standard', pricePerMillionTokens: '3.00' }],
      },
    });
    await run.usage(world.seal(aLine(20_000)));
    const state = await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 2);
    expect(state.periods[0]?.toldThresholds).toEqual([80, 100]);
  });
  expect(percentsTold(world)).toEqual([80, 100]);
});

test('a batch that jumps over both tells the app of each, and the customer of the higher one', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await toldUntil(world, 2);
  });
  expect(world.told.map(({ fact, channels }) => [fact.percent, channels])).toEqual([
    [80, ['webhook']],
    [100, ['email', 'webhook']],
  ]);
});

test('runs that continue as new, with every batch sent twice, tell once', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(
    world,
    async (run) => {
      for (let count = 0; count < 12; count += 1) {
        const batch = world.seal(aLine(10_000));
        await run.usage(batch);
        await run.usage(batch);
        // One at a time, so that runs end between the batches.
        await run.until(({ appliedSequence }) => appliedSequence === batch.sequence);
      }
      await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 2);
      await eventually(
        () => runsOf(run),
        (runs) => runs > 2,
      );
    },
    { signalsPerRunMax: 4 },
  );
  expect(percentsTold(world)).toEqual([80, 100]);
});

test('what could not be told before a run ended is told by the next one', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(
    world,
    async (run) => {
      world.isOutboxDown = true;
      await run.usage(world.seal(aLine(80_000)));
      await run.until(({ appliedSequence }) => appliedSequence === 1);
      for (let count = 0; count < 3; count += 1) await run.usage(world.seal(aLine(1)));
      await eventually(
        () => runsOf(run),
        (runs) => runs > 1,
      );
      expect(world.told).toEqual([]);
      world.isOutboxDown = false;
      await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 1);
    },
    { signalsPerRunMax: 3 },
  );
  expect(percentsTold(world)).toEqual([80]);
});

test('usage that comes late to an ended period tells of that period, and the next one tells anew', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(world, async (run) => {
    world.subscription = aSubscription({
      terms,
      currentPeriod: { start: FEBRUARY, end: MARCH },
    });
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    await run.usage(
      world.seal(aLine(80_000, { second: FEBRUARY - 1 }), aLine(80_000, { second: FEBRUARY })),
    );
    await toldUntil(world, 2);
  });
  expect(world.told.map(({ fact }) => [fact.periodStart, fact.percent])).toEqual([
    [JANUARY, 80],
    [FEBRUARY, 80],
  ]);
});

test('a paid period is not put away before the customer was told of it', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(world, async (run) => {
    world.isOutboxDown = true;
    await run.usage(world.seal(aLine(80_000)));
    world.subscription = aSubscription({ terms, currentPeriod: { start: FEBRUARY, end: MARCH } });
    world.invoices.set('in_feb', anInvoice({ status: 'paid' }));
    await run.hint('invoice.paid', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'paid');
    world.isOutboxDown = false;
    await run.until(({ periods }) => periods.length === 1 && periods[0]?.start === FEBRUARY);
  });
  expect(percentsTold(world)).toEqual([80]);
});

test('a workflow that counts everything again tells under the same key', async () => {
  const world = aWorldWithThresholds();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(80_000)));
    await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 1);
    await customers.env.client.workflow.getHandle(run.handle.workflowId).terminate('by mistake');
    await customers.env.client.workflow.start('billing', {
      workflowId: run.handle.workflowId,
      taskQueue: 'billing',
      args: [{ customer: run.customer }],
    });
    await run.until(({ periods }) => periods.length === 1);
    await run.usage(world.seal(aLine(1)));
    await toldUntil(world, 2);
  });
  expect(new Set(world.told.map(({ fact }) => usageThresholdKey(fact))).size).toBe(1);
});

test.each([
  ['pay as you go', 0],
  ['unlimited', null],
])('a plan that is %s has nothing to tell', async (_plan, includedTokens) => {
  const world = aWorld();
  world.subscription = aSubscription({ terms: { ...terms, includedTokens } });
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(5_000_000)));
    await run.until(({ appliedSequence }) => appliedSequence === 1);
  });
  expect(world.told).toEqual([]);
});

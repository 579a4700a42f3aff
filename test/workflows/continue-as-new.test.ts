/** Goal: a run ends and the next begins without losing a signal, a report or what operators see. */
import { aLine, aSubscription, FEBRUARY, MARCH } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);

const latest = (run: BillingRun) => customers.env.client.workflow.getHandle(run.handle.workflowId);
/** Every run of the customer, the latest first. The server lists them a moment after the fact. */
async function runsOf(run: BillingRun) {
  const query = `WorkflowId = "${run.handle.workflowId}"`;
  const runs = [];
  for await (const execution of customers.env.client.workflow.list({ query })) runs.push(execution);
  return runs;
}

test('with signals in flight all the time, every run stays within its signals and no token is lost', async () => {
  const world = aWorld();
  await customers.billing(
    world,
    async (run) => {
      const batches = Array.from({ length: 120 }, () => world.seal(aLine(1_000)));
      // Four at a time, each twice, and no pause: the worst that a forwarder could do.
      const queue = batches.flatMap((batch) => [batch, batch]);
      const send = async () => {
        for (let batch = queue.shift(); batch; batch = queue.shift()) await run.usage(batch);
      };
      await Promise.all([send(), send(), send(), send()]);
      const state = await run.until(
        ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 20_000,
      );
      expect(state).toMatchObject({ appliedSequence: 120, knownSequence: 120 });
      expect(state.periods[0]?.usedTokens).toBe(120_000);
      await eventually(
        async () => (await runsOf(run)).map(({ status }) => status.name),
        // How many depends on how many signals one task of the worker finds waiting.
        ([last, ...before]) =>
          last === 'RUNNING' &&
          before.length > 0 &&
          before.every((status) => status === 'CONTINUED_AS_NEW'),
      );
    },
    { signalsPerRunMax: 30 },
  );
  const reported = [...world.reports.values()].reduce((sum, { tokens }) => sum + tokens, 0);
  expect(reported).toBe(20_000);
});

test('a report that Stripe has not answered goes on in the next run under the same identity', async () => {
  const world = aWorld();
  await customers.billing(
    world,
    async (run) => {
      world.stripe = 'unavailable';
      await run.usage(world.seal(aLine(100_009)));
      await run.until(({ periods }) => periods[0]?.rates.overage_standard?.inFlight?.tokens === 9);
      await run.usage(world.seal(aLine(1)));
      await run.usage(world.seal(aLine(1)));
      await eventually(
        () => runsOf(run),
        (runs) => runs.length > 1,
      );
      world.stripe = 'up';
      await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 11);
    },
    { signalsPerRunMax: 3 },
  );
  expect([...world.reports.values()].map(({ tokens }) => tokens)).toEqual([9, 2]);
});

test('a reset begins a new run: state, search attributes and details are there again', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(12)));
    world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
    const invoice = world.invoices.get('in_feb');
    world.invoices.set('in_feb', { ...(invoice as NonNullable<typeof invoice>), status: 'paid' });
    await run.hint('invoice.paid', 'in_feb');
    await eventually(
      () => runsOf(run),
      (runs) => runs.length === 2,
    );
    const state = await run.until(({ periods }) => periods[0]?.start === FEBRUARY);
    expect(state.appliedSequence).toBe(1);

    const { typedSearchAttributes } = await latest(run).describe();
    const attributes = Object.fromEntries(
      [...typedSearchAttributes.getAll()].map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      CustomerId: run.customer,
      PlanId: 'starter',
      BillingStatus: 'active',
      PeriodEnd: new Date(MARCH * 1000),
    });
    const metadata = await latest(run).query<{ currentDetails: string }>(
      '__temporal_workflow_metadata',
    );
    expect(metadata.currentDetails).toContain('**starter**, 2026-02-01T00:00:00Z');
  });
});

test('usage and reports leave no search attribute updates in the history', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    for (let count = 0; count < 5; count += 1) await run.usage(world.seal(aLine(50_000)));
    await run.until(
      ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 150_000,
    );
    const { events } = await latest(run).fetchHistory();
    const upserts = events
      ?.map(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) => upsert)
      // The server notes by itself of which release the run is.
      .filter((upsert) => upsert && !upsert.searchAttributes?.indexedFields?.TemporalChangeVersion);
    // One when it begins, one when its first period is known.
    expect(upserts).toHaveLength(2);
  });
});

test('a customer’s carried state stays far below 32 KB with three open periods and forty rates', async () => {
  const world = aWorld();
  const rates = Array.from({ length: 40 }, (_, at) => ({
    id: `rate_${at}`,
    models: [`model-${at}-*`],
    pricePerMillionTokens: '3.00',
    meterEventName: `tollkeeper_rate_${at}`,
  }));
  const { terms } = world.subscription;
  const months = [FEBRUARY, MARCH];
  world.subscription = aSubscription({
    terms: { ...terms, rates },
    currentPeriod: { start: MARCH, end: MARCH + 31 * 86_400 },
    invoiceEdges: months,
  });
  await customers.billing(world, async (run) => {
    const state = await run.until(({ periods }) => periods.length === 3);
    expect(JSON.stringify(state).length).toBeLessThan(32 * 1024);
  });
});

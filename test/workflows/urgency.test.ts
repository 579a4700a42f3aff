/**
 * Goal: where calls to Stripe wait for their turn, what keeps a wrong invoice from leaving goes
 * first, and reports to meters, which Stripe takes apart, stand in nobody's way.
 */
import { aLine, aSubscription, FEBRUARY, MARCH } from '../support/builders/builders';
import { devServerEnvironment } from '../support/stack/temporal';
import { aWorld } from '../support/workflows/fake-world';
import { useBilling } from '../support/workflows/workflow-run';
import { eventually } from '../support/stack/eventually';

const customers = useBilling(devServerEnvironment);

test('holds before comparisons before what is read, and reports on a queue of their own', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => (periods[0]?.rates.overage_standard?.reportedTokens ?? 0) > 0);
    world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
    await run.hint('invoice.created', 'in_feb');
    await eventually(
      () => world.held,
      (held) => held.length === 1,
    );
    const handle = customers.env.client.workflow.getHandle(run.handle.workflowId);
    const { events } = await handle.fetchHistory();
    const scheduled = new Map(
      (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: one }) => {
        if (!one) return [];
        const urgency = [one.taskQueue?.name, one.priority?.priorityKey ?? 0];
        return [[String(one.activityType?.name), urgency] as const];
      }),
    );
    expect(Object.fromEntries(scheduled)).toMatchObject({
      holdInvoice: ['stripe', 1],
      readInvoice: ['stripe', 2],
      readSubscription: ['stripe', 0],
      reportUsage: ['stripe-meters', 0],
    });
  });
});

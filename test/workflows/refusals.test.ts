/** Goal: one refusal stops nothing but its own step, on Temporal's server, with time skipped. */
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities';
import { aLine, aSubscription, FEBRUARY, MARCH } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(timeSkippingEnvironment);

/** This activity is refused once, for good. */
function refusingOnce(name: keyof Activities, type: string): { world: FakeWorld; refused: number } {
  const world = aWorld();
  const real = world.activities;
  const seen = { world, refused: 0 };
  const refuse = async (request: never) => {
    if (seen.refused === 0) {
      seen.refused = 1;
      throw ApplicationFailure.nonRetryable('refused for a test', type);
    }
    return (real[name] as (request: never) => Promise<unknown>)(request);
  };
  Object.defineProperty(world, 'activities', { value: { ...real, [name]: refuse } });
  return seen;
}

async function failedTasks({ handle }: BillingRun): Promise<number> {
  const { events } = await customers.env.client.workflow
    .getHandle(handle.workflowId)
    .fetchHistory();
  return events?.filter((event) => event.workflowTaskFailedEventAttributes).length ?? 0;
}

test.each([
  ['sumMeters', 'stripe_unauthenticated', 'stripe_refused'],
  ['readInvoice', 'stripe_forbidden', 'stripe_refused'],
  // Compared before anybody could look, there is nothing to be held any more.
  ['holdInvoice', 'stripe_forbidden', null],
  ['releaseInvoice', 'stripe_invalid_request', 'stripe_refused'],
  ['drainLedger', 'record_refused', 'record_refused'],
  ['sumLedger', 'record_refused', 'record_refused'],
] as const)(
  '%s, refused once while a draft is closed, wedges nothing',
  async (name, type, kind) => {
    const seen = refusingOnce(name, type);
    const { world } = seen;
    await customers.billing(world, async (run) => {
      await run.usage(world.seal(aLine(150_000)));
      await run.until(
        ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000,
      );
      world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
      await run.hint('invoice.created', 'in_feb');
      if (kind) await run.until(({ exceptions }) => exceptions[0]?.kind === kind);
      await customers.env.sleep('15 minutes');
      await run.until(
        ({ periods, exceptions }) => periods[0]?.phase === 'reconciled' && exceptions.length === 0,
      );
      await eventually(
        () => failedTasks(run),
        (failed) => failed === 0,
      );
    });
    expect(seen.refused).toBe(1);
  },
);

/**
 * Goal: what has no answer for a day holds nothing up for good, on Temporal's server, with time
 * skipped: each attempt is given up by its timeout, drafts stay held, and no task or run fails.
 */
import { ApplicationFailure } from '@temporalio/common';
import { createStripeActivities } from '../../activities';
import type { Activities } from '../../activities';
import { loadCatalog } from '../../src/stripe/catalog-file';
import type { Decision } from '../../src/core/state/exceptions';
import { changePlanUpdate, resolveExceptionUpdate } from '../../workflows/contract';
import { aLine, aSubscription, FEBRUARY, MARCH } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(timeSkippingEnvironment);

interface Hanging {
  readonly world: FakeWorld;
  attempts: number;
  /** It answers from now on. */
  isOver: boolean;
}

/** Time is not skipped while an activity runs: what an attempt of ten minutes comes to is given. */
function hanging(...names: (keyof Activities)[]): Hanging {
  const world = aWorld();
  const real = world.activities;
  const seen: Hanging = { world, attempts: 0, isOver: false };
  const hang = (name: keyof Activities) => async (request: never) => {
    seen.attempts += 1;
    if (!seen.isOver)
      throw ApplicationFailure.create({ message: 'no answer', nextRetryDelay: '10 minutes' });
    return (real[name] as (request: never) => Promise<unknown>)(request);
  };
  const hung = Object.fromEntries(names.map((name) => [name, hang(name)]));
  Object.defineProperty(world, 'activities', { value: { ...real, ...hung } });
  return seen;
}

async function failedTasks({ handle }: BillingRun): Promise<number> {
  const { events } = await customers.env.client.workflow
    .getHandle(handle.workflowId)
    .fetchHistory();
  return events?.filter((event) => event.workflowTaskFailedEventAttributes).length ?? 0;
}

async function toTheDraft(run: BillingRun, world: FakeWorld): Promise<void> {
  await run.usage(world.seal(aLine(150_000)));
  await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
  world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
  await run.hint('invoice.created', 'in_feb');
}

test.each(['drainLedger', 'readInvoice'] as const)(
  '%s, silent for a day: the draft is held or unseen, then compared and let go',
  async (name) => {
    const seen = hanging(name);
    await customers.billing(seen.world, async (run) => {
      await toTheDraft(run, seen.world);
      await eventually(
        () => seen.attempts,
        (attempts) => attempts > 0,
      );
      await customers.env.sleep('1 day');
      expect((await run.state()).periods[0]?.phase).not.toBe('reconciled');
      seen.isOver = true;
      await customers.env.sleep('15 minutes');
      await run.until(
        ({ periods, exceptions }) => periods[0]?.phase === 'reconciled' && exceptions.length === 0,
      );
      expect(await failedTasks(run)).toBe(0);
    });
    expect(seen.attempts).toBeGreaterThan(1);
  },
);

async function stripesOwn(): Promise<(keyof Activities)[]> {
  const deps = { catalog: await loadCatalog('catalog.yaml') };
  return Object.keys(createStripeActivities(deps as never)) as (keyof Activities)[];
}

test('no call to Stripe answered for 22 hours: told, then held, compared and let go, with all its usage', async () => {
  const seen = hanging(...(await stripesOwn()));
  const { world } = seen;
  seen.isOver = true;
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    seen.isOver = false;
    world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
    await run.hint('invoice.created', 'in_feb');
    await run.usage(world.seal(aLine(7)));
    await eventually(
      () => seen.attempts,
      (attempts) => attempts > 1,
    );
    await customers.env.sleep('23 hours');
    const { exceptions } = await run.until((state) => state.exceptions.length > 1);
    const kinds = exceptions.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['stripe_refused', 'report_refused']));
    expect([world.held, world.released]).toEqual([[], []]);
    seen.isOver = true;
    await customers.env.sleep('15 minutes');
    await run.until(
      ({ periods, exceptions: open }) => periods[0]?.phase === 'reconciled' && open.length === 0,
    );
    expect([world.held, world.released]).toEqual([['in_feb'], ['in_feb']]);
    const tokens = [...world.reports.values()].map((report) => report.tokens);
    expect(tokens).toEqual([50_000, 7]);
    expect(await failedTasks(run)).toBe(0);
  });
});

test('an operator’s decision that can’t be recorded for a day is carried out after it', async () => {
  const seen = hanging('recordResolution');
  const { world } = seen;
  await customers.billing(world, async (run) => {
    world.lag = 10;
    await toTheDraft(run, world);
    await customers.env.sleep('10 minutes');
    await run.until(({ exceptions }) => exceptions[0]?.kind === 'invoice_differs');
    const decision: Decision = {
      ...{ exception: 'invoice_differs', subject: 'in_feb', kind: 'accept_stripe' },
      ...{ reason: 'looked at', by: 'grace' },
    };
    await run.handle.executeUpdate(resolveExceptionUpdate, { args: [decision] });
    await customers.env.sleep('1 day');
    expect((await run.state()).exceptions[0]?.resolution?.kind).toBe('accept_stripe');
    seen.isOver = true;
    await customers.env.sleep('10 minutes');
    await run.until(
      ({ periods, exceptions }) => periods[0]?.phase === 'reconciled' && exceptions.length === 0,
    );
    expect(world.resolved).toHaveLength(1);
    expect(await failedTasks(run)).toBe(0);
  });
});

test('who waits for a change that has no answer is told so, and the change can be asked for again', async () => {
  const seen = hanging('changePlan');
  const { world } = seen;
  world.plans.set('pro', { ...world.subscription.terms, planId: 'pro' });
  const change = { planId: 'pro', when: 'now' } as const;
  await customers.billing(world, async (run) => {
    const asked = run.handle.executeUpdate(changePlanUpdate, { args: [change] });
    const refused = asked.then(
      () => undefined,
      (error: unknown) => error,
    );
    await eventually(
      () => seen.attempts,
      (attempts) => attempts > 0,
    );
    await run.usage(world.seal(aLine(150_000)));
    await customers.env.sleep('5 minutes');
    expect(await refused).toBeInstanceOf(Error);
    // Counted and reported meanwhile.
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    seen.isOver = true;
    await run.handle.executeUpdate(changePlanUpdate, { args: [change] });
    expect(await failedTasks(run)).toBe(0);
  });
});

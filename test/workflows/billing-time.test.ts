/** Goal: what the workflow does by itself as time goes by, with time skipped. */
import { ApplicationFailure } from '@temporalio/common';
import { aLine, aSubscription, FEBRUARY, MARCH, someTerms } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';

const customers = useBilling(timeSkippingEnvironment);

const reported = (world: FakeWorld) =>
  [...world.reports.values()].reduce((sum, { tokens }) => sum + tokens, 0);

/** Stripe renews: from here on its current period is February. */
const renew = (world: FakeWorld) => {
  world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
};
test('a draft that differs is held, an operator sees the numbers, and it is released once equal', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    renew(world);
    world.lag = 1;
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'closing');
    await customers.env.sleep('2 minutes');
    const held = await run.until(({ exceptions }) => exceptions[0]?.kind === 'invoice_differs');
    expect(world.held).toEqual(['in_feb']);
    expect(held.exceptions[0]?.message).toContain(
      'overage_standard: ledger 50000, workflow 50000, meter 49999, invoice 49999',
    );
    world.lag = 0;
    await customers.env.sleep('10 minutes');
    const state = await run.until(({ exceptions }) => exceptions.length === 0);
    expect(state.periods[0]?.phase).toBe('reconciled');
    expect(world.released).toEqual(['in_feb']);
  });
});

/** As it is, but for one step of the close, which does not end. */
const withoutEnd = (world: FakeWorld, name: 'drainLedger' | 'sumLedger' | 'sumMeters') => {
  const isDown = { now: true };
  const stuck = Object.create(world, {
    activities: {
      get: () => ({
        ...world.activities,
        [name]: (request: never) => {
          if (isDown.now) throw ApplicationFailure.retryable(`${name} is down`);
          return world.activities[name](request);
        },
      }),
    },
  }) as FakeWorld;
  return { stuck, mend: () => (isDown.now = false) };
};

test.each(['drainLedger', 'sumLedger', 'sumMeters'] as const)(
  'while %s fails for the whole draft hour the invoice is held, an operator is told, and it leaves right',
  async (name) => {
    const world = aWorld();
    const { stuck, mend } = withoutEnd(world, name);
    await customers.billing(stuck, async (run) => {
      await run.usage(world.seal(aLine(150_000)));
      await run.until(
        ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000,
      );
      renew(world);
      await run.hint('invoice.created', 'in_feb');
      await run.until(({ periods }) => periods[0]?.phase === 'closing');
      await eventually(
        () => world.held,
        (held) => held.length === 1,
      );
      await customers.env.sleep('59 minutes');
      const state = await run.until(({ exceptions }) => exceptions.length > 0);
      expect(state.exceptions).toMatchObject([{ kind: 'invoice_differs', subject: 'in_feb' }]);
      expect(state.exceptions[0]?.message).toContain('is not compared with the ledger yet');
      expect(world.released).toEqual([]);
      mend();
      await customers.env.sleep('10 minutes');
      const after = await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
      expect(after.exceptions).toEqual([]);
      expect(world.invoices.get('in_feb')).toMatchObject({ autoAdvance: true });
    });
  },
);

test('a report that Stripe refuses opens an exception and is tried again under the same identity', async () => {
  const world = aWorld();
  world.stripe = 'up';
  await customers.billing(world, async (run) => {
    await run.until(({ periods }) => periods.length === 1);
    world.stripe = 'refused';
    await run.usage(world.seal(aLine(100_001)));
    await run.until(({ exceptions }) => exceptions[0]?.kind === 'report_refused');
    world.stripe = 'up';
    await customers.env.sleep('6 minutes');
    const state = await run.until(({ exceptions }) => exceptions.length === 0);
    expect(state.periods[0]?.rates.overage_standard).toMatchObject({
      reports: 1,
      reportedTokens: 1,
    });
  });
  expect(new Set(world.attempts.map(({ identifier }) => identifier)).size).toBe(1);
});

test('a draft whose usage Stripe refuses is held until the usage is on it', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    world.stripe = 'refused';
    await run.usage(world.seal(aLine(100_003)));
    await run.until(({ exceptions }) => exceptions[0]?.kind === 'report_refused');
    world.stripe = 'reports refused';
    renew(world);
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'closing');
    await customers.env.sleep('20 minutes');
    await eventually(
      () => world.held,
      (held) => held.length > 0,
    );
    expect(reported(world)).toBe(0);
    world.stripe = 'up';
    await customers.env.sleep('20 minutes');
    const state = await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    expect(state.exceptions).toEqual([]);
    expect(reported(world)).toBe(3);
    expect(world.released).toEqual(['in_feb']);
  });
});

test('a customer whose notice the outbox could not take for a day is told then, and once', async () => {
  const world = aWorld();
  world.subscription = aSubscription({ terms: someTerms({ usageThresholds: [80] }) });
  world.isOutboxDown = true;
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(80_000)));
    await run.until(({ appliedSequence }) => appliedSequence === 1);
    await customers.env.sleep('1 day');
    expect(world.told).toEqual([]);
    world.isOutboxDown = false;
    await customers.env.sleep('1 minute');
    await run.until(({ periods }) => periods[0]?.toldThresholds?.length === 1);
    await run.usage(world.seal(aLine(1)));
    await run.until(({ appliedSequence }) => appliedSequence === 2);
  });
  expect(world.told.map(({ fact }) => fact.percent)).toEqual([80]);
});

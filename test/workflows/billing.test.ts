/** Goal: the runbook of one customer’s bill, rule by rule, on a real Temporal server. */
import { statementQuery } from '../../workflows/contract';
import {
  aBaseLine,
  aLine,
  anInvoice,
  aSubscription,
  FEBRUARY,
  MARCH,
} from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);

/** Stripe renews: from here on its current period is February. */
const renew = (world: FakeWorld) => {
  world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
};
const reported = (world: FakeWorld) =>
  [...world.reports.values()].reduce((sum, { tokens }) => sum + tokens, 0);

test('usage within the allowance is counted and nothing is reported', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(100_000)));
    await run.until(({ periods }) => periods[0]?.usedTokens === 100_000);
  });
  expect(world.reports.size).toBe(0);
});

test('what goes beyond the allowance is reported under a deterministic identifier', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
  });
  expect([...world.reports.keys()]).toEqual(['sub_ada:1767225600:overage_standard:1']);
  expect(reported(world)).toBe(50_000);
});

test('a signal that comes twice counts once, and a lost one is read from the ledger', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    const [first, , third] = [world.seal(aLine(1)), world.seal(aLine(2)), world.seal(aLine(4))];
    await run.usage(first);
    await run.usage(first);
    await run.usage(third as never);
    const state = await run.until(({ appliedSequence }) => appliedSequence === 3);
    expect(state.periods[0]?.usedTokens).toBe(7);
  });
});

test('usage of the next period waits for Stripe to begin it, then lands in it', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.until(({ periods }) => periods.length === 1);
    await run.usage(world.seal(aLine(5, { second: FEBRUARY })));
    await run.until(({ awaitsPeriod }) => awaitsPeriod);
    renew(world);
    await run.hint('customer.subscription.updated', 'sub_ada');
    const state = await run.until(({ appliedSequence }) => appliedSequence === 1);
    expect(state.periods.map(({ usedTokens }) => usedTokens)).toEqual([0, 5]);
  });
});

test('a draft renewal is drained, flushed and compared; paid, its period is archived', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    world.seal(aLine(150_000)); // Sealed, but no signal brought it: the drain must find it.
    renew(world);
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    expect(reported(world)).toBe(50_000);

    world.invoices.set('in_feb', anInvoice({ status: 'paid', totalCents: 2915 }));
    await run.hint('invoice.paid', 'in_feb');
    const state = await run.until(({ periods }) => periods[0]?.start === FEBRUARY);
    expect(state).toMatchObject({ appliedSequence: 1, exceptions: [] });
    expect(state.periods).toHaveLength(1);
  });
  const archived = world.recorded.flatMap(({ periods }) => periods).map((p) => p.statement);
  expect(archived.find(({ phase }) => phase === 'paid')).toMatchObject({
    ...{ usedTokens: 150_000, overageTokens: 50_000, invoice: { id: 'in_feb', totalCents: 2915 } },
  });
});

test('an invoice that left with other figures is archived once paid, and the exception stays open', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    renew(world);
    world.lag = 1;
    world.invoices.set('in_feb', anInvoice({ status: 'paid' }));
    await run.hint('invoice.paid', 'in_feb');
    const state = await run.until(({ periods }) => periods[0]?.start === FEBRUARY);
    expect(state.exceptions[0]?.message).toContain('meter 49999, invoice 49999');
  });
  const last = world.recorded.at(-1)?.periods.map(({ statement: { phase } }) => phase);
  expect(last).toEqual(['paid', 'open']);
});

test('usage that arrives in the draft hour belongs to the ended period and is on its invoice', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    renew(world);
    await run.hint('invoice.created', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    await run.usage(
      world.seal(aLine(100_007, { second: FEBRUARY - 1 }), aLine(1, { second: FEBRUARY })),
    );
    const state = await run.until(({ periods }) => periods[1]?.usedTokens === 1);
    expect(state.periods[0]?.usedTokens).toBe(100_007);
    await eventually(
      () => reported(world),
      (tokens) => tokens === 7,
    );
  });
});

test.each([
  ['the first invoice', { billingReason: 'subscription_create', lines: [aBaseLine()] }],
  ['a proration', { billingReason: 'subscription_update', lines: [aBaseLine({ isBase: false })] }],
  ['a manual invoice', { billingReason: 'manual', subscriptionId: null }],
  ['a renewal of another subscription', { subscriptionId: 'sub_other' }],
])('%s resets nothing when it is paid', async (_case, invoice) => {
  const world = aWorld();
  world.invoices.set('in_other', anInvoice({ id: 'in_other', status: 'paid', ...invoice }));
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(42)));
    renew(world);
    await run.hint('invoice.paid', 'in_other');
    await run.hint('invoice.paid', 'in_feb'); // A draft: following it shows the other was followed.
    const state = await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    expect(state.periods).toMatchObject([{ usedTokens: 42 }, { start: FEBRUARY }]);
    expect(state.periods[0]?.invoice?.id).toBe('in_feb');
  });
});

test('a payment that arrives weeks late archives its own period and leaves the current one', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(10)));
    renew(world);
    world.invoices.set('in_feb', anInvoice({ status: 'open' }));
    await run.hint('invoice.finalized', 'in_feb');
    await run.until(({ periods }) => periods[0]?.phase === 'finalized' && periods.length === 2);
    await run.usage(world.seal(aLine(77, { second: FEBRUARY + 20 * 86_400 })));
    await run.until(({ periods }) => periods[1]?.usedTokens === 77);
    world.invoices.set('in_feb', anInvoice({ status: 'paid' }));
    await run.hint('invoice.paid', 'in_feb');
    const state = await run.until(({ periods }) => periods.length === 1);
    expect(state.periods[0]).toMatchObject({ start: FEBRUARY, usedTokens: 77 });
  });
});

test('the statement query shows the period as a person reads it', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    const [period] = await customers.env.client.workflow
      .getHandle(run.handle.workflowId)
      .query(statementQuery);
    expect(period).toMatchObject({
      planId: 'starter',
      usedTokens: 150_000,
      overageTokens: 50_000,
      rates: [{ rateId: 'overage_standard', tokens: 50_000, amountCents: '15' }],
    });
  });
});

/**
 * Records the histories that test/replay/replay.test.ts replays. Run it when a released version is
 * to be kept: `npx jest --config test/replay/record.config.js`. Old recordings stay: they are what
 * customers' running workflows look like.
 */
import { changePlanUpdate, grantTokensUpdate, recordUsageSignal } from '../../workflows/contract';
import {
  aBaseLine,
  aLine,
  anInvoice,
  aSubscription,
  FEBRUARY,
  MARCH,
  someTerms,
} from '../support/builders/builders';
import { withUnpaidInvoice } from '../support/workflows/dunning-case';
import type { BillingState } from '../../src/core/state/billing-state';
import { aWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import { recordHistory } from './record-history';

const customers = useBilling(devServerEnvironment);
const record = (name: string, of: { handle: { workflowId: string } }, runs: number) =>
  recordHistory(customers.env, { name, workflowId: of.handle.workflowId, runs });

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

test('a grant and an upgrade that take reported overage back, then late usage on the next invoice', async () => {
  const world = aWorld();
  world.plans.set('plus', someTerms({ planId: 'plus', includedTokens: 130_000 }));
  const reported = (tokens: number) => (state: BillingState) =>
    state.recount === null && state.periods[0]?.rates.overage_standard?.reportedTokens === tokens;
  await customers.billing(world, async (run) => {
    const latest = customers.env.client.workflow.getHandle(run.handle.workflowId);
    await run.usage(world.seal(aLine(150_000)));
    await run.until(reported(50_000));
    const grant = { id: 'sorry', tokens: 5_000, expiresAt: null, reason: 'an outage' };
    await latest.executeUpdate(grantTokensUpdate, { args: [grant] });
    await run.until(reported(45_000));
    await latest.executeUpdate(changePlanUpdate, { args: [{ planId: 'plus', when: 'now' }] });
    await run.until(reported(15_000));
    world.subscription = aSubscription({
      currentPeriod: { start: FEBRUARY, end: MARCH },
      terms: someTerms({ planId: 'plus', includedTokens: 130_000 }),
    });
    world.invoices.set('in_feb', anInvoice({ status: 'paid', totalCents: 2905 }));
    await run.hint('invoice.paid', 'in_feb');
    await run.until(({ archived }) => archived.length === 1);
    await run.usage(world.seal(aLine(70_000)));
    const lines = [aBaseLine({ planId: 'plus', start: MARCH, end: MARCH + 31 * 86_400 })];
    world.invoices.set('in_mar', anInvoice({ id: 'in_mar', lines }));
    world.subscription = aSubscription({
      currentPeriod: { start: MARCH, end: MARCH + 31 * 86_400 },
      terms: someTerms({ planId: 'plus', includedTokens: 130_000 }),
    });
    await run.hint('invoice.created', 'in_mar');
    await run.until(({ periods }) => periods[0]?.phase === 'reconciled');
    await record('changes', run, 2);
  });
});

test('usage signalled by an app, some of it refused, over runs', async () => {
  const world = aWorld();
  const call = { id: 'call_1', model: 'gpt-4o-mini', tokens: { input: 5 } };
  await customers.billing(
    world,
    async (run) => {
      const latest = customers.env.client.workflow.getHandle(run.handle.workflowId);
      await latest.signal(recordUsageSignal, { events: [call] });
      await latest.signal('recordUsage', 'nonsense');
      await run.until(({ exceptions }) => exceptions[0]?.kind === 'usage_rejected');
      await run.usage(world.seal(aLine(5)));
      await run.until(({ appliedSequence }) => appliedSequence === 1);
      await record('signalled', run, 2);
    },
    { signalsPerRunMax: 3 },
  );
});

test('an unpaid invoice, its dunning paused, paid and recovered', async () => {
  await withUnpaidInvoice(customers, aWorld(), async (open, run) => {
    await open.until(({ stepsTaken }) => stepsTaken === 1);
    await open.pause({ until: null, reason: 'they promised' });
    await open.pay();
    await open.result();
    await run.until(({ dunning }) => dunning.length === 0);
    await record('unpaid', run, 1);
    await record('dunning', open, 1);
  });
});

test('an invoice that pays vendors, and then money back of it', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
    world.invoices.set('in_feb', anInvoice({ status: 'paid', paysVendors: true }));
    await run.hint('invoice.paid', 'in_feb');
    await run.until(({ archived }) => archived.length === 1);
    const back = { chargeId: 'ch_1', invoiceId: 'in_feb', refundedCents: 5, disputes: [] };
    world.moneyBack.set('ch_1', { ...back, paysVendors: true });
    await run.hint('charge.refunded', 'ch_1');
    await run.until(({ moneyBack }) => moneyBack.length === 1);
    await record('vendors', run, 2);
  });
});

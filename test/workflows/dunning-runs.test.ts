/** Goal: a case outlives every run of the billing workflow, and both find each other again. */
import {
  aDunningPolicy,
  aLine,
  anInvoice,
  aSubscription,
  FEBRUARY,
  MARCH,
} from '../support/builders/builders';
import {
  accessUntil,
  anUnpaidInvoice,
  atStripe,
  failPayment,
  withUnpaidInvoice,
} from '../support/workflows/dunning-case';
import type { DunningCaseRun } from '../support/workflows/dunning-case';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);
const daysAgo = (days: number) => Math.floor(Date.now() / 1000) - days * 86_400;

const workflow = () => customers.env.client.workflow;
const latest = (run: BillingRun) => workflow().getHandle(run.handle.workflowId);
/** As the server counts them: a moment after the fact. */
const runsOf = async (run: BillingRun) =>
  (await workflow().count(`WorkflowId = "${run.handle.workflowId}"`)).count;
const begun = (open: DunningCaseRun, steps = 1) =>
  open.until(({ stepsTaken }) => stepsTaken === steps);
/** The billing workflow begins anew, and knows nothing. */
async function loseBilling(run: BillingRun): Promise<void> {
  await latest(run).terminate('by mistake');
  await workflow().start('billing', {
    ...{ workflowId: run.handle.workflowId, taskQueue: 'billing' },
    args: [{ customer: run.customer }],
  });
  await run.until(({ periods }) => periods.length > 0);
}

test('runs that continue as new and a reset later, the same case goes on and recovers', async () => {
  const world = aWorld();
  const invoiceId = anUnpaidInvoice(world);
  await customers.billing(
    world,
    async (run) => {
      const open = await failPayment(customers.env, run, world, invoiceId);
      await begun(open);
      const { runId } = await open.handle.describe();
      for (let count = 0; count < 9; count += 1) {
        const batch = world.seal(aLine(10));
        await run.usage(batch);
        await run.until(({ appliedSequence }) => appliedSequence === batch.sequence);
      }
      world.subscription = aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH } });
      world.invoices.set('in_feb', anInvoice({ status: 'paid' }));
      await run.hint('invoice.paid', 'in_feb');
      await run.until(({ periods }) => periods[0]?.start === FEBRUARY);
      await eventually(
        () => runsOf(run),
        (runs) => runs > 3,
      );
      expect(await open.known()).toMatchObject({ day: 0, access: 'warned' });
      expect(await open.handle.describe()).toMatchObject({ runId, status: { name: 'RUNNING' } });
      await open.pay();
      expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 1 });
      await accessUntil(world, null);
      expect(open.told()).toEqual(['day 0: reminder', 'recovered']);
    },
    { signalsPerRunMax: 4 },
  );
});

test('a run whose steps had to be cancelled leaves the case alone', async () => {
  const world = aWorld();
  const invoiceId = anUnpaidInvoice(world);
  await customers.billing(
    world,
    async (run) => {
      const open = await failPayment(customers.env, run, world, invoiceId);
      await begun(open);
      await eventually(open.known, (noted) => noted?.day === 0);
      const { runId } = await latest(run).describe();
      // A report that Stripe does not answer is under way as the run ends.
      world.stripe = 'unavailable';
      for (const tokens of [100_001, 1, 1, 1]) await run.usage(world.seal(aLine(tokens)));
      await eventually(
        () => latest(run).describe(),
        (described) => described.runId !== runId,
        30_000,
      );
      world.stripe = 'up';
      await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 4);
      const first = workflow().getHandle(run.handle.workflowId, run.handle.firstExecutionRunId);
      const { events } = await first.fetchHistory();
      const cancels = events?.filter(
        (event) => event.requestCancelExternalWorkflowExecutionInitiatedEventAttributes,
      );
      expect(cancels).toEqual([]);
      await open.pay();
      expect(await open.result()).toMatchObject({ outcome: 'recovered' });
    },
    { signalsPerRunMax: 5 },
  );
});

test('a renewal that fails is dunned; paid later, its period is put away and the account resets', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    world.subscription = aSubscription({
      status: 'past_due',
      currentPeriod: { start: FEBRUARY, end: MARCH },
    });
    const renewal = anInvoice();
    const id = anUnpaidInvoice(world, {
      billingReason: 'subscription_cycle',
      lines: renewal.lines,
    });
    const open = await failPayment(customers.env, run, world, id);
    await begun(open);
    await run.until(({ periods }) => periods[0]?.phase === 'finalized');
    await open.pay();
    await open.result();
    await run.until(({ periods, dunning }) => periods.length === 1 && dunning.length === 0);
    expect(open.told()).toEqual(['day 0: reminder', 'recovered']);
    await eventually(
      () => runsOf(run),
      (runs) => runs === 2,
    );
  });
});

test('found late, steps come one by one: the app hears of each, the customer of the latest', async () => {
  const world = aWorld();
  const found = async (open: DunningCaseRun) => {
    await begun(open, 3);
    await accessUntil(world, 'throttled');
    expect(await open.known()).toMatchObject({ day: 7, access: 'throttled' });
    await open.pay();
    await open.result();
  };
  await withUnpaidInvoice(customers, world, found, { finalizedAt: daysAgo(8) });
  expect(world.toldOfDunning.map(({ fact, channels }) => [fact.day, channels])).toEqual([
    [0, ['webhook']],
    [3, ['webhook']],
    [7, ['email', 'webhook']],
    [null, ['email', 'webhook']],
  ]);
});

test('a billing workflow that was lost asks where the case stands, and throttles as before', async () => {
  const world = aWorld();
  world.dunningPolicy = aDunningPolicy({ giveUp: 'leave' });
  const left = async (open: DunningCaseRun, run: BillingRun) => {
    await begun(open, 4);
    await accessUntil(world, 'throttled');
    await loseBilling(run);
    expect(await open.known()).toBeUndefined();
    await run.hint('invoice.payment_failed', open.invoiceId);
    await eventually(open.known, (noted) => noted?.isGivenUp === true);
    await accessUntil(world, 'throttled');
    await open.pay();
    expect(await open.result()).toMatchObject({ outcome: 'recovered' });
    await accessUntil(world, null);
  };
  await withUnpaidInvoice(customers, world, left, { finalizedAt: daysAgo(20) });
  expect(world.toldOfDunning).toHaveLength(5);
});

test('paid after the billing workflow was lost, the case still hears of it at once', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open, run) => {
    await begun(open);
    await loseBilling(run);
    atStripe(world, open.invoiceId, { status: 'paid' });
    await run.hint('invoice.paid', open.invoiceId);
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 1 });
    expect(open.told()).toEqual(['day 0: reminder', 'recovered']);
  });
});

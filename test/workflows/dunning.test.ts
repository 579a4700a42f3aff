/** Goal: an unpaid invoice is dunned by the catalog’s schedule until it is settled. */
import { aDunningPolicy } from '../support/builders/builders';
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
import type { FakeWorld } from '../support/workflows/fake-world';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(timeSkippingEnvironment);

const unpaid = (
  world: FakeWorld,
  scenario: (open: DunningCaseRun, run: BillingRun) => Promise<void>,
) => withUnpaidInvoice(customers, world, scenario);
const sleepUntilTaken = async (open: DunningCaseRun, days: number, steps: number) => {
  await customers.env.sleep(`${days} days`);
  await open.until(({ stepsTaken }) => stepsTaken === steps);
};
const accessOf = (world: FakeWorld) => world.recorded.at(-1)?.dunningAccess;

test('the schedule is played: told on days 0 and 3, throttled on day 7, canceled on day 14', async () => {
  const world = aWorld();
  await unpaid(world, async (open, run) => {
    await open.until(({ stepsTaken }) => stepsTaken === 1);
    expect(open.told()).toEqual(['day 0: reminder']);
    await accessUntil(world, 'warned');
    expect(await open.searchAttributes()).toMatchObject({
      CustomerId: run.customer,
      DunningStep: 'day 0 notify',
    });
    await sleepUntilTaken(open, 3, 2);
    expect(accessOf(world)).toBe('warned');
    await sleepUntilTaken(open, 4, 3);
    await accessUntil(world, 'throttled');
    expect(await open.known()).toMatchObject({ day: 7, access: 'throttled', isGivenUp: false });
    expect(world.givenUp).toEqual([]);
    await customers.env.sleep('7 days');
    expect(await open.result()).toEqual({ outcome: 'given_up', stepsTaken: 4 });
    const { invoiceId } = open;
    expect(world.givenUp).toMatchObject([{ customer: run.customer, invoiceId, action: 'cancel' }]);
    expect(open.told()).toEqual([
      ...['day 0: reminder', 'day 3: reminder', 'day 7: throttled', 'day 14: given_up'],
    ]);
    expect(await open.searchAttributes()).toMatchObject({ DunningStep: 'given_up' });
    await eventually(open.known, (noted) => noted?.isGivenUp === true);
  });
  const DAY = 86_400_000;
  const { toldOfDunning: told } = world;
  const start = told[0]?.decidedAt ?? 0;
  expect(told.map(({ decidedAt }) => Math.round((decidedAt - start) / DAY))).toEqual([0, 3, 7, 14]);
  expect(told.map(({ channels }) => channels.length)).toEqual([2, 2, 2, 2]);
  expect(told[0]?.fact.next).toMatchObject({ action: 'notify' });
  expect(world.dunningOutcomes).toMatchObject([{ outcome: 'given_up' }]);
});

test('paid on day 5 it has recovered at once: the customer is told, and nothing more follows', async () => {
  const world = aWorld();
  await unpaid(world, async (open) => {
    await sleepUntilTaken(open, 3, 2);
    await customers.env.sleep('2 days');
    await open.pay();
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 2 });
    await accessUntil(world, null);
    expect(await open.known()).toBeUndefined();
    await customers.env.sleep('30 days');
    expect(open.told()).toEqual(['day 0: reminder', 'day 3: reminder', 'recovered']);
  });
  expect(world.toldOfDunning.at(-1)?.fact).toMatchObject({ access: 'ok', amountDueCents: 0 });
  expect(world.givenUp).toEqual([]);
  expect(world.dunningOutcomes).toMatchObject([{ outcome: 'recovered' }]);
});

test('paid on day 0, before the first mail, the customer hears nothing', async () => {
  const world = aWorld();
  const invoiceId = anUnpaidInvoice(world);
  const policy = aDunningPolicy();
  // As the schedule is read, the payment goes through.
  Object.defineProperty(world, 'dunningPolicy', {
    get: () => {
      atStripe(world, invoiceId, { status: 'paid' });
      return policy;
    },
  });
  await customers.billing(world, async (run) => {
    const open = await failPayment(customers.env, run, world, invoiceId);
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 0 });
    expect(open.told()).toEqual([]);
    await open.pay();
    await accessUntil(world, null);
  });
});

test.each(['void', 'uncollectible'] as const)(
  'an invoice that an operator makes %s is dunned no further, and nobody is told',
  async (status) => {
    const world = aWorld();
    await unpaid(world, async (open, run) => {
      await open.until(({ stepsTaken }) => stepsTaken === 1);
      atStripe(world, open.invoiceId, { status });
      await run.hint('invoice.updated', open.invoiceId);
      const outcome = status === 'void' ? 'voided' : status;
      expect(await open.result()).toEqual({ outcome, stepsTaken: 1 });
      await accessUntil(world, null);
      expect(open.told()).toEqual(['day 0: reminder']);
    });
  },
);

test.each(['cancel', 'mark_uncollectible'] as const)(
  'given up by %s the case is closed, and paid later the account is in order again',
  async (giveUp) => {
    const world = aWorld();
    world.dunningPolicy = aDunningPolicy({ giveUp });
    await unpaid(world, async (open) => {
      for (const [at, days] of [3, 4, 7].entries()) {
        await customers.env.sleep(`${days} days`);
        if (days < 7) await open.until(({ stepsTaken }) => stepsTaken === at + 2);
      }
      expect(await open.result()).toEqual({ outcome: 'given_up', stepsTaken: 4 });
      expect(world.givenUp).toMatchObject([{ action: giveUp }]);
      await open.pay();
      await accessUntil(world, null);
    });
  },
);

test('left as it is, access stays throttled for months, until it is paid after all', async () => {
  const world = aWorld();
  world.dunningPolicy = aDunningPolicy({ giveUp: 'leave' });
  await unpaid(world, async (open) => {
    for (const [at, days] of [3, 4, 7].entries()) await sleepUntilTaken(open, days, at + 2);
    await customers.env.sleep('90 days');
    expect((await open.handle.describe()).status.name).toBe('RUNNING');
    expect(await open.known()).toMatchObject({ access: 'throttled', isGivenUp: true });
    expect(accessOf(world)).toBe('throttled');
    await open.pay();
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 4 });
    await accessUntil(world, null);
    expect(open.told().slice(-2)).toEqual(['day 14: given_up', 'recovered']);
  });
  expect(world.givenUp).toEqual([]);
});

test('a schedule without a last step goes on waiting to be paid, and gives nothing up', async () => {
  const world = aWorld();
  world.dunningPolicy = { giveUp: 'cancel', steps: [{ day: 0, action: 'throttle' }] };
  await unpaid(world, async (open) => {
    await open.until(({ stepsTaken }) => stepsTaken === 1);
    await customers.env.sleep('90 days');
    expect((await open.handle.describe()).status.name).toBe('RUNNING');
    await open.pay();
    expect(await open.result()).toMatchObject({ outcome: 'recovered' });
  });
  expect(world.givenUp).toEqual([]);
});

test('however often Stripe says that a payment failed, there is one case, and no mail twice', async () => {
  const world = aWorld();
  await unpaid(world, async (open, run) => {
    await open.until(({ stepsTaken }) => stepsTaken === 1);
    const { runId } = await open.handle.describe();
    for (let attemptCount = 2; attemptCount < 8; attemptCount += 1) {
      atStripe(world, open.invoiceId, { attemptCount });
      await run.hint('invoice.payment_failed', open.invoiceId);
      await run.hint('invoice.updated', open.invoiceId);
    }
    await run.until(({ stripeEvents }) => stripeEvents.length === 0);
    expect((await open.handle.describe()).runId).toBe(runId);
    expect((await run.state()).dunning).toHaveLength(1);
    expect(open.told()).toEqual(['day 0: reminder']);
    const { events } = await run.handle.fetchHistory();
    const starts = events?.filter(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes,
    );
    expect(starts).toHaveLength(1);
  });
});

test('two unpaid invoices are two cases: the strictest access counts until each is paid', async () => {
  const world = aWorld();
  await unpaid(world, async (first, run) => {
    await sleepUntilTaken(first, 3, 2);
    await sleepUntilTaken(first, 4, 3);
    const second = await failPayment(customers.env, run, world, anUnpaidInvoice(world));
    await second.until(({ stepsTaken }) => stepsTaken === 1);
    expect(await second.state()).toMatchObject({ access: 'warned' });
    expect((await run.state()).dunning).toHaveLength(2);
    await accessUntil(world, 'throttled');
    await first.pay();
    await accessUntil(world, 'warned');
    expect(second.told()).toEqual(['day 0: reminder']);
    await second.pay();
    await accessUntil(world, null);
  });
});

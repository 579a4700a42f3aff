/** Goal: lost webhooks, refusals and outages cost dunning time, and nobody a wrong mail or plan. */
import { dunningNoticeKey } from '../../src/core/ids';
import { noticeName } from '../../src/core/dunning/dunning-notice';
import { atStripe, withUnpaidInvoice } from '../support/workflows/dunning-case';
import type { DunningCaseRun } from '../support/workflows/dunning-case';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';

const customers = useBilling(timeSkippingEnvironment);

const begun = (open: DunningCaseRun) => open.until(({ stepsTaken }) => stepsTaken === 1);
/** To the last step, day by day. */
async function reachLastDay(open: DunningCaseRun): Promise<void> {
  for (const [at, days] of [3, 4].entries()) {
    await customers.env.sleep(`${days} days`);
    await open.until(({ stepsTaken }) => stepsTaken === at + 2);
  }
  await customers.env.sleep('7 days');
}
const exceptionUntil = (open: DunningCaseRun, exception: string | undefined) =>
  eventually(
    () => open.searchAttributes(),
    (found) => found.OpenException === exception,
  );

test('paid while its webhook was lost, the next step finds it, and sends thanks instead', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    await customers.env.sleep('1 day');
    atStripe(world, open.invoiceId, { status: 'paid' });
    await customers.env.sleep('2 days');
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 1 });
    expect(open.told()).toEqual(['day 0: reminder', 'recovered']);
  });
});

test('the next mail names what is open by then', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    atStripe(world, open.invoiceId, { amountRemainingCents: 900 });
    await customers.env.sleep('3 days');
    await open.until(({ stepsTaken }) => stepsTaken === 2);
    await open.pay();
    await open.result();
  });
  const amounts = world.toldOfDunning.map(({ fact }) => fact.amountDueCents);
  expect(amounts).toEqual([2900, 900, 0]);
});

test('a cancellation that Stripe refuses is shown, tried again, and told once it is done', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    world.stripe = 'refused';
    await reachLastDay(open);
    await exceptionUntil(open, 'stripe_refused');
    expect(await open.details()).toContain(
      '**Open exception** (stripe_refused), tried again every five minutes: 400',
    );
    expect(open.told()).not.toContain('day 14: given_up');
    world.stripe = 'up';
    await customers.env.sleep('6 minutes');
    expect(await open.result()).toEqual({ outcome: 'given_up', stepsTaken: 4 });
    await exceptionUntil(open, undefined);
    expect(open.told().at(-1)).toBe('day 14: given_up');
  });
  expect(world.givenUp).toHaveLength(1);
});

test('paid while the cancellation was refused, the subscription stays', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    world.stripe = 'refused';
    await reachLastDay(open);
    await exceptionUntil(open, 'stripe_refused');
    world.stripe = 'up';
    await open.pay();
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 3 });
    expect(open.told().at(-1)).toBe('recovered');
  });
  expect(world.givenUp).toEqual([]);
});

test('an invoice that can’t be read stops no case: it goes on when it can', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    const invoice = world.invoices.get(open.invoiceId);
    world.invoices.delete(open.invoiceId);
    await customers.env.sleep('3 days');
    await exceptionUntil(open, 'stripe_refused');
    expect(open.told()).toEqual(['day 0: reminder']);
    if (invoice) world.invoices.set(open.invoiceId, invoice);
    await customers.env.sleep('6 minutes');
    await open.until(({ stepsTaken }) => stepsTaken === 2);
    await open.pay();
    await open.result();
  });
});

test('what the outbox could not take for hours is told then, and once', async () => {
  const world = aWorld();
  world.isOutboxDown = true;
  await withUnpaidInvoice(customers, world, async (open) => {
    await customers.env.sleep('3 hours');
    expect(open.told()).toEqual([]);
    world.isOutboxDown = false;
    await customers.env.sleep('1 minute');
    await begun(open);
    await customers.env.sleep('3 days');
    await open.until(({ stepsTaken }) => stepsTaken === 2);
    expect(open.told()).toEqual(['day 0: reminder', 'day 3: reminder']);
    await open.pay();
    await open.result();
  });
});

test('a case that was terminated by mistake begins again at Stripe’s next word, under its old keys', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open, run) => {
    await begun(open);
    await open.handle.terminate('by mistake');
    await run.hint('invoice.payment_failed', open.invoiceId);
    await eventually(
      () => open.handle.describe(),
      ({ status }) => status.name === 'RUNNING',
    );
    await begun(open);
    await open.pay();
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 1 });
  });
  const keys = world.toldOfDunning.map(({ fact }) =>
    dunningNoticeKey(fact.invoiceId, noticeName(fact)),
  );
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(2);
});

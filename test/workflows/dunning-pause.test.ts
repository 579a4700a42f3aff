/** Goal: an operator pauses the dunning of an invoice: the rest of its schedule moves by that. */
import { withUnpaidInvoice } from '../support/workflows/dunning-case';
import type { DunningCaseRun } from '../support/workflows/dunning-case';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import { timeSkippingEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';

const customers = useBilling(timeSkippingEnvironment);
const DAY = 86_400_000;

const sleep = (days: number) => customers.env.sleep(`${days} days`);
const inDays = async (days: number) => (await customers.env.currentTimeMs()) + days * DAY;
const begun = (open: DunningCaseRun) => open.until(({ stepsTaken }) => stepsTaken === 1);
const REASON = 'the bank is looking for the transfer';

test('paused for five days, what was due on day 3 comes on day 8, by itself', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    await sleep(1);
    await open.pause({ until: await inDays(5), reason: REASON });
    expect(await open.details()).toContain(`: ${REASON}`);
    await sleep(4);
    expect(await open.state()).toMatchObject({ pause: { reason: REASON }, stepsTaken: 1 });
    await sleep(2);
    const resumed = await open.until(({ pause }) => pause === null);
    expect(resumed.stepsTaken).toBe(1);
    expect(Math.round(resumed.pausedMs / DAY)).toBe(5);
    await sleep(1);
    await open.until(({ stepsTaken }) => stepsTaken === 2);
    expect(open.told()).toEqual(['day 0: reminder', 'day 3: reminder']);
    await open.pay();
    await open.result();
  });
  const [first, second] = world.toldOfDunning;
  const distance = (second?.decidedAt ?? 0) - (first?.decidedAt ?? 0);
  expect(Math.round(distance / DAY)).toBe(8);
});

test('paused without an end nothing happens for months, until it is resumed', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    await open.pause({ until: null, reason: REASON });
    await sleep(120);
    expect(await open.state()).toMatchObject({ stepsTaken: 1, pausedMs: 0 });
    // In the past: go on.
    await open.pause({ until: 0, reason: 'no transfer came' });
    const resumed = await open.until(({ pause }) => pause === null);
    expect(Math.round(resumed.pausedMs / DAY)).toBe(120);
    await sleep(2);
    expect(await open.state()).toMatchObject({ stepsTaken: 1 });
    await sleep(1);
    await open.until(({ stepsTaken }) => stepsTaken === 2);
    await open.pay();
    await open.result();
  });
});

test('a pause is made longer, and then shorter, and counts as long as it was', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    await open.pause({ until: await inDays(2), reason: REASON });
    await sleep(1);
    await open.pause({ until: await inDays(10), reason: REASON });
    await sleep(4);
    expect(await open.state()).toMatchObject({ pause: { reason: REASON } });
    await open.pause({ until: await inDays(1), reason: REASON });
    await sleep(2);
    const resumed = await open.until(({ pause }) => pause === null);
    expect(Math.round(resumed.pausedMs / DAY)).toBe(6);
    await open.pay();
    await open.result();
  });
});

test('while it is paused a payment is noticed at once', async () => {
  const world = aWorld();
  await withUnpaidInvoice(customers, world, async (open) => {
    await begun(open);
    await open.pause({ until: null, reason: REASON });
    await sleep(40);
    await open.pay();
    expect(await open.result()).toEqual({ outcome: 'recovered', stepsTaken: 1 });
    expect(open.told()).toEqual(['day 0: reminder', 'recovered']);
  });
});

test('a pause that comes while a step is being told is not lost', async () => {
  const world = aWorld();
  world.isOutboxDown = true;
  await withUnpaidInvoice(customers, world, async (open) => {
    await eventually(
      async () => (await open.handle.describe()).raw.pendingActivities ?? [],
      (pending) => pending.some(({ activityType }) => activityType?.name === 'notify'),
    );
    await open.pause({ until: null, reason: REASON });
    world.isOutboxDown = false;
    await customers.env.sleep('1 minute');
    await begun(open);
    await sleep(30);
    expect(await open.state()).toMatchObject({ pause: { reason: REASON }, stepsTaken: 1 });
    await open.pay();
    await open.result();
  });
});

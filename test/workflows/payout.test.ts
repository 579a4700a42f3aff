/** Goal: a vendor's share is moved when it may be, and only so much stays moved as is theirs. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { eventually } from '../support/stack/eventually';
import { startPayouts } from '../support/vendors/payout-run';
import { PayoutWorld } from '../support/vendors/payout-world';
import { aPolicy } from '../support/vendors/payouts';
import { timeSkippingEnvironment } from '../support/stack/temporal';

/** The vendor's share of $50.00 less 15 %. */
const SHARE = 4_250;

let env: TestWorkflowEnvironment;
let world: PayoutWorld;
let payouts: Awaited<ReturnType<typeof startPayouts>>;
beforeAll(async () => {
  env = await timeSkippingEnvironment();
});
afterAll(() => env.teardown());
beforeEach(async () => {
  world = new PayoutWorld(env);
  payouts = await startPayouts(env, world);
});
afterEach(() => payouts.stop());

const paidOut = async (source: string) => (await payouts.payOut(source)).result();

test('a share is transferred at once, and the payout ends', async () => {
  const charge = await world.sell();
  expect(await paidOut(charge)).toEqual({
    vendors: [{ vendor: 'acme', earnedCents: SHARE, movedCents: SHARE }],
  });
  expect(world.account.receivedCents()).toBe(SHARE);
});

test('in the holdback it stays with the platform, and what is refunded then is never moved', async () => {
  world.policy = aPolicy({ holdbackDays: 7 });
  const charge = await world.sell();
  const run = await payouts.payOut(charge);
  await run.until(({ waitsFor }) => waitsFor === 'holdback');
  world.change(charge, { refundedCents: 2_500 });
  await run.tell();
  await env.sleep('6 days');
  await run.until(({ waitsFor, owedCents }) => waitsFor === 'holdback' && owedCents === SHARE / 2);
  await env.sleep('2 days');
  await run.result();
  expect(world.account.receivedCents()).toBe(SHARE / 2);
});

test('an account that may not receive is waited for, visibly, and paid when it is told of', async () => {
  world.account.isActive = false;
  const run = await payouts.payOut(await world.sell());
  await run.until(({ waitsFor, owedCents }) => waitsFor === 'account' && owedCents === SHARE);
  world.account.isActive = true;
  await run.tell();
  await run.result();
  expect(world.account.receivedCents()).toBe(SHARE);
});

test('or within a day when nobody tells', async () => {
  world.account.isActive = false;
  const run = await payouts.payOut(await world.sell());
  await run.until(({ waitsFor }) => waitsFor === 'account');
  world.account.isActive = true;
  await env.sleep('25 hours');
  await run.result();
  expect(world.account.receivedCents()).toBe(SHARE);
});

test('less than the minimum is carried over; reached, all that waited is paid', async () => {
  world.policy = aPolicy({ minimumPayoutCents: 6_000 });
  const first = await payouts.payOut(await world.sell());
  await first.until(({ waitsFor }) => waitsFor === 'minimum');
  await env.sleep('40 days');
  expect(world.account.receivedCents()).toBe(0);
  const second = await payouts.payOut(await world.sell());
  await Promise.all([first.result(), second.result()]);
  expect(world.account.receivedCents()).toBe(2 * SHARE);
});

test('a refund reverses in proportion; a dispute the rest, and won it is transferred again', async () => {
  const charge = await world.sell();
  await paidOut(charge);
  world.change(charge, { refundedCents: 1_000 });
  await paidOut(charge);
  expect(world.account.receivedCents()).toBe(SHARE - 850);
  world.change(charge, { disputedCents: 4_000 });
  await paidOut(charge);
  expect(world.account.receivedCents()).toBe(0);
  world.change(charge, { disputedCents: 0 });
  await paidOut(charge);
  expect(world.account.receivedCents()).toBe(SHARE - 850);
});

test('a balance too low is tried again for three days, then owed, and taken from the next payout', async () => {
  const charge = await world.sell();
  await paidOut(charge);
  world.account.payOut();
  world.change(charge, { refundedCents: 5_000 });
  const run = await payouts.payOut(charge);
  await run.until(({ waitsFor }) => waitsFor === 'balance');
  await env.sleep('2 days');
  await run.until(({ waitsFor }) => waitsFor === 'balance');
  await env.sleep('2 days');
  expect(await run.result()).toMatchObject({ vendors: [{ earnedCents: 0, movedCents: SHARE }] });

  const next = await world.sell({ amountCents: 10_000 });
  expect(await paidOut(next)).toMatchObject({
    vendors: [{ earnedCents: 8_500, movedCents: 8_500 }],
  });
  // This is for both sales: the smaller transfer of the second pays the refunded one back.
  expect(world.account.receivedCents()).toBe(8_500);
});

test('a balance that covers it after hours is taken then', async () => {
  const charge = await world.sell();
  await paidOut(charge);
  world.account.payOut();
  world.change(charge, { refundedCents: 5_000 });
  const run = await payouts.payOut(charge);
  await run.until(({ waitsFor }) => waitsFor === 'balance');
  world.account.balanceCents = SHARE;
  await env.sleep('2 hours');
  await run.result();
  expect(world.account.receivedCents()).toBe(0);
});

test('charges that Stripe does not let us read are an open exception, and tried again', async () => {
  world.isRefusing = true;
  const run = await payouts.payOut(await world.sell());
  await eventually(run.status, ({ trouble }) => trouble !== undefined);
  await eventually(
    () => run.searchAttributes(),
    ({ OpenException }) => OpenException === 'stripe_refused',
  );
  world.isRefusing = false;
  await env.sleep('6 minutes');
  await run.result();
  expect(world.account.receivedCents()).toBe(SHARE);
});

test('what Stripe refuses is an open exception, and tried again', async () => {
  world.isRefusingMoves = true;
  const run = await payouts.payOut(await world.sell());
  await run.until(({ trouble }) => trouble !== undefined);
  const { CustomerId } = await eventually(
    () => run.searchAttributes(),
    ({ OpenException }) => OpenException === 'stripe_refused',
  );
  expect(CustomerId).toBe('ada');
  world.isRefusingMoves = false;
  await env.sleep('6 minutes');
  await run.result();
  expect(world.account.receivedCents()).toBe(SHARE);
});

test('a transfer that Stripe does not show yet is not made again', async () => {
  world.isLagging = true;
  const run = await payouts.payOut(await world.sell());
  await run.until(({ waitsFor }) => waitsFor === 'sight');
  world.isLagging = false;
  await env.sleep('2 minutes');
  await run.result();
  expect(world.account.receivedCents()).toBe(SHARE);
});

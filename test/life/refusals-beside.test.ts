/**
 * Goal: whichever activity of a payout, a rollout or the reconciliation is refused once, or has no
 * answer for a day, no run fails, operators see it, and it is done in the end, without a cent more.
 */
import { BESIDE_ROWS } from './beside-rows';
import type { BesideRow } from './beside-rows';
import { playBeside } from './beside-stage';
import { DAY } from './calendar';

const DAY_MS = DAY * 1000;
const MINUTE_MS = 60_000;
/** What an operator sends to what is refused, by the kind of workflow. */
const AGAIN = { payout: 'payoutChanged', reconciliation: 'reconcileAgain' };

function expectTold(told: readonly object[], [kind, id]: BesideRow['told']): void {
  const subject = expect.stringMatching(id) as string;
  expect(told).toContainEqual({ kind, subject });
}

test.each(BESIDE_ROWS)('$activity, refused once, is told and tried again', async (row) => {
  const { activity, play, told, ends } = row;
  const played = playBeside();
  played.troubles.refusals.set(activity, 403);
  expect(await play(played)).toEqual(ends);
  expect(played.troubles.refusedAt.has(activity)).toBe(true);
  expectTold(played.temporal.told, told);
});

test.each(BESIDE_ROWS)(
  '$activity, refused once, is done as soon as an operator says so',
  async (row) => {
    const { activity, play, ends } = row;
    const played = playBeside();
    const { temporal, troubles } = played;
    troubles.refusals.set(activity, 403);
    // A rollout needs `resume` instead, which its scenario sends itself.
    temporal.whenTold = ({ subject = '' }) => {
      const signal = Object.entries(AGAIN).find(([type]) => subject.startsWith(type))?.[1];
      if (subject.startsWith('import')) setImmediate(() => played.sayAgain?.());
      if (signal) setImmediate(() => temporal.signal(subject, signal));
    };
    expect(await play(played)).toEqual(ends);
    const [refusedAt = 0, againAt = Infinity] = [troubles.refusedAt, troubles.againAt].map((at) =>
      at.get(activity),
    );
    expect(againAt - refusedAt).toBeLessThan(MINUTE_MS);
  },
);

test.each(BESIDE_ROWS)('$activity, without an answer for a day, is done after it', async (row) => {
  const { activity, play, ends } = row;
  const played = playBeside();
  played.troubles.hangs.set(activity, DAY_MS);
  expect(await play(played)).toEqual(ends);
  expect(played.troubles.hangs.size).toBe(0);
});

test('a payout whose charge is gone is told and looked for daily, and ends after a month', async () => {
  const { temporal, vendor } = playBeside();
  const charge = await vendor.sell();
  vendor.isGone = true;
  temporal.start('payout', 'payout:gone', { customer: 'ada', source: charge });
  await temporal.advanceTo(temporal.now + 10 * DAY_MS);
  expectTold(temporal.told, ['stripe_refused', /^payout:gone/]);
  expect(temporal.query('payout:gone', 'payoutStatus')).toMatchObject({
    trouble: `Stripe has no ${charge} any more`,
  });
  await temporal.advanceTo(temporal.now + 30 * DAY_MS);
  expect(temporal.executions.get('payout:gone')?.isRunning).toBe(false);
});

test('and is made when it is there again, as with the right key', async () => {
  const { temporal, vendor } = playBeside();
  const charge = await vendor.sell();
  vendor.isGone = true;
  temporal.start('payout', 'payout:gone', { customer: 'ada', source: charge });
  await temporal.advanceTo(temporal.now + 2 * DAY_MS);
  vendor.isGone = false;
  await temporal.advanceTo(temporal.now + 2 * DAY_MS);
  expect(vendor.account.receivedCents()).toBe(4_250);
});

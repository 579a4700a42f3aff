/** Goal: a machine slower than Stripe's budget reports less often, and as often as it can. */
import fc from 'fast-check';
import { reportIntervalMs } from '../../../src/core/counting/report-interval';
import {
  isDecisionDue,
  nextMsPerCustomer,
  PACED_INTERVAL_MS_MAX,
  pacedIntervalMs,
  WAIT_MS_LONG,
  WAIT_MS_SHORT,
} from '../../../src/core/counting/report-pace';

/** The interval after such a wait, where it was so long before. */
const intervalAfter = (
  intervalMs: number,
  waitMs: number | undefined,
  { busyCustomers = 100, askedMs = 1_000 } = {},
) => {
  const busyness = { busyCustomers, askedMs };
  const earlier = intervalMs / busyCustomers;
  return pacedIntervalMs(nextMsPerCustomer(earlier, { ...busyness, waitMs }), busyness);
};

test.each([
  ['is kept while reports wait neither long nor briefly', 4_000, 1_500, 4_000],
  ['is kept while nobody has seen a report', 4_000, undefined, 4_000],
  ['grows by as much as they wait too long', 4_000, 3_000, 6_000],
  ['at most doubles', 4_000, 60_000, 8_000],
  ['grows from what the budget asks', 0, 60_000, 2_000],
  ['is never longer than four minutes', 200_000, 60_000, 240_000],
  ['shrinks by a fifth where they wait briefly', 5_000, 900, 4_000],
  ['is never shorter than what the budget asks', 1_100, 0, 1_000],
])('the interval %s', (_what, intervalMs, waitMs, expected) => {
  expect(intervalAfter(intervalMs, waitMs)).toBe(expected);
});

test('an interval that the operator asks for is kept, if it is longer than any of ours', () => {
  expect(intervalAfter(0, 60_000, { askedMs: 300_000 })).toBe(300_000);
});

test('the interval follows the number of customers at once, by what was found out', () => {
  const msPerCustomer = nextMsPerCustomer(0, {
    ...{ busyCustomers: 1_000, askedMs: 6_000, waitMs: 60_000 },
  });
  expect(pacedIntervalMs(msPerCustomer, { busyCustomers: 1_000, askedMs: 6_000 })).toBe(12_000);
  expect(pacedIntervalMs(msPerCustomer, { busyCustomers: 3_000, askedMs: 18_000 })).toBe(36_000);
  expect(pacedIntervalMs(msPerCustomer, { busyCustomers: 10, askedMs: 1_000 })).toBe(1_000);
});

test('what was decided has an interval to show, and ten seconds at least', () => {
  expect([9_999, 10_000].map((ms) => isDecisionDue(ms, 1_000))).toEqual([false, true]);
  expect([59_999, 60_000].map((ms) => isDecisionDue(ms, 60_000))).toEqual([false, true]);
  expect(isDecisionDue(null, 60_000)).toBe(true);
});

const waits = fc.option(fc.integer({ min: 0, max: 600_000 }), { nil: undefined });

test('whatever is seen, the interval stays between what is asked and four minutes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ waitMs: waits, busyCustomers: fc.nat(50_000) }), { maxLength: 60 }),
      fc.integer({ min: 0, max: 300_000 }),
      (looks, leastMs) => {
        let msPerCustomer = 0;
        for (const { waitMs, busyCustomers } of looks) {
          const askedMs = reportIntervalMs({ busyCustomers, meterEventsPerSecond: 500, leastMs });
          msPerCustomer = nextMsPerCustomer(msPerCustomer, { busyCustomers, askedMs, waitMs });
          const ms = pacedIntervalMs(msPerCustomer, { busyCustomers, askedMs });
          expect(ms).toBeGreaterThanOrEqual(askedMs);
          expect(ms).toBeLessThanOrEqual(Math.max(askedMs, PACED_INTERVAL_MS_MAX));
        }
      },
    ),
  );
});

test('longer waits make for longer intervals: they grow while reports wait, and shrink after', () => {
  const intervals = fc.integer({ min: 1_000, max: PACED_INTERVAL_MS_MAX });
  fc.assert(
    fc.property(intervals, fc.nat(100_000), fc.nat(100_000), (intervalMs, oneMs, otherMs) => {
      const [briefMs, longMs] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)];
      const [brief, long] = [intervalAfter(intervalMs, briefMs), intervalAfter(intervalMs, longMs)];
      expect(long).toBeGreaterThanOrEqual(brief);
      const isLonger = long > intervalMs || long === PACED_INTERVAL_MS_MAX;
      expect(longMs > WAIT_MS_LONG ? isLonger : long <= intervalMs).toBe(true);
      const isShorter = brief < intervalMs || brief === 1_000;
      expect(briefMs < WAIT_MS_SHORT ? isShorter : brief >= intervalMs).toBe(true);
    }),
  );
});

/**
 * A machine that does so many reports a second, and customers of whom each has one waiting at most:
 * the intervals that were decided, and how long the last of the queue waited at each.
 */
function playedOn(reportsPerSecond: number, busyCustomers: number, decisions: number) {
  const askedMs = reportIntervalMs({
    ...{ busyCustomers, meterEventsPerSecond: 500, leastMs: 1_000 },
  });
  let [msPerCustomer, queue] = [0, 0];
  return Array.from({ length: decisions }, () => {
    const intervalMs = pacedIntervalMs(msPerCustomer, { busyCustomers, askedMs });
    const seconds = Math.max(10_000, intervalMs) / 1_000;
    const arriving = (busyCustomers / intervalMs) * 1_000 * seconds;
    queue = Math.min(busyCustomers, Math.max(0, queue + arriving - reportsPerSecond * seconds));
    const waitMs = (queue / reportsPerSecond) * 1_000;
    msPerCustomer = nextMsPerCustomer(msPerCustomer, { busyCustomers, askedMs, waitMs });
    return { intervalMs, waitMs };
  });
}

test('two processors with 27 reports a second come to them, whatever number of customers', () => {
  for (const [customers, neededMs] of [
    [100, 3_704],
    [1_000, 37_038],
    [5_000, 185_186],
  ] as const) {
    const settled = playedOn(27, customers, 60).slice(20);
    for (const { intervalMs } of settled) {
      expect(intervalMs).toBeGreaterThan(neededMs * 0.6);
      expect(intervalMs).toBeLessThan(neededMs * 2.1);
    }
  }
});

test('on any machine reports come to rest, and are made as often as half of what it can do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 20_000 }),
      (reportsPerSecond, customers) => {
        const neededMs = (customers / reportsPerSecond) * 1_000;
        fc.pre(neededMs < PACED_INTERVAL_MS_MAX / 2);
        const settled = playedOn(reportsPerSecond, customers, 80).slice(30);
        const askedMs = playedOn(reportsPerSecond, customers, 1)[0]!.intervalMs;
        for (const { intervalMs } of settled)
          expect(intervalMs).toBeLessThanOrEqual(Math.max(askedMs, neededMs * 2.5) + 1);
        // At most every other decision finds a queue.
        const queued = settled.filter(({ waitMs }) => waitMs > WAIT_MS_LONG);
        expect(queued.length).toBeLessThanOrEqual(settled.length / 2);
      },
    ),
  );
});

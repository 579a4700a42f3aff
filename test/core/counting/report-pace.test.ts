/** Goal: a machine slower than Stripe's budget reports less often, and as often as it can. */
import fc from 'fast-check';
import { reportIntervalMs } from '../../../src/core/counting/report-interval';
import {
  DECISION_MS,
  isDecisionDue,
  nextPace,
  PACED_INTERVAL_MS_MAX,
  pacedIntervalMs,
  SMALL_MACHINE_MS,
  spacingMs,
  WAIT_MS_LONG,
  WAIT_MS_SHORT,
} from '../../../src/core/counting/report-pace';
import type { Pace } from '../../../src/core/counting/report-pace';

const nextMsPerCustomer = (
  msPerCustomer: number,
  seen: Parameters<typeof nextPace>[1],
  tooCloseMs = 0,
): number => nextPace({ msPerCustomer, tooCloseMs }, seen).msPerCustomer;

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
  ['is kept while reports wait neither long nor briefly', 4_000, 500, 4_000],
  ['is kept while nobody has seen a report', 4_000, undefined, 4_000],
  ['grows by as much as they wait too long', 4_000, 1_600, 5_000],
  ['doubles where they wait for four seconds more', 4_000, 4_600, 8_000],
  ['grows threefold at most', 4_000, 8_700, 12_000],
  ['grows from what the budget asks', 0, 60_000, 3_000],
  ['is never longer than what five a second take', 18_000, 60_000, 20_000],
  ['shrinks a little where they wait briefly', 5_000, 300, 4_750],
  ['shrinks by a fifth where they hardly wait', 5_000, 150, 4_000],
  ['is never shorter than what the budget asks', 1_100, 0, 1_000],
])('the interval %s', (_what, intervalMs, waitMs, expected) => {
  expect(intervalAfter(intervalMs, waitMs)).toBe(expected);
});

test('an interval that the operator asks for is kept, if it is longer than any of ours', () => {
  expect(intervalAfter(0, 60_000, { askedMs: 300_000 })).toBe(300_000);
});

test('the interval follows the number of customers at once, by what was found out', () => {
  const seen = { busyCustomers: 1_000, askedMs: 6_000, waitMs: 2_600 };
  const msPerCustomer = nextMsPerCustomer(0, seen);
  expect(pacedIntervalMs(msPerCustomer, { busyCustomers: 1_000, askedMs: 6_000 })).toBe(9_000);
  expect(pacedIntervalMs(msPerCustomer, { busyCustomers: 3_000, askedMs: 18_000 })).toBe(27_000);
  expect(pacedIntervalMs(msPerCustomer, { busyCustomers: 10, askedMs: 1_000 })).toBe(1_000);
});

test('what was decided has ten seconds to show', () => {
  expect([9_999, 10_000, null].map(isDecisionDue)).toEqual([false, true, true]);
});

test.each([
  ['has become shorter by more than a quarter: the interval is kept', 10_000, 7_400, 4_000],
  ['is about as long as before: it grows', 3_000, 2_600, 6_000],
  ['is longer than before: it grows', 2_000, 2_600, 6_000],
])('a wait that %s', (_what, earlierWaitMs, waitMs, expected) => {
  const busyness = { busyCustomers: 100, askedMs: 1_000 };
  const next = nextMsPerCustomer(40, { ...busyness, waitMs, earlierWaitMs });
  expect(pacedIntervalMs(next, busyness)).toBe(expected);
});

test.each([
  ['six tenths of a second are not long yet', 4_000, 600, 4_000],
  ['four tenths of a second are not brief', 5_000, 400, 5_000],
  ['a fifth of a second is more than hardly', 5_000, 200, 4_750],
])('%s', (_what, intervalMs, waitMs, expected) => {
  expect(intervalAfter(intervalMs, waitMs)).toBe(expected);
});

const hundred = { busyCustomers: 100, askedMs: 1_000 };

test('what is not too long is not remembered', () => {
  const pace = { msPerCustomer: 40, tooCloseMs: 20 };
  expect(nextPace(pace, { ...hundred, waitMs: WAIT_MS_LONG })).toEqual(pace);
});

test('a wait that is shorter by a quarter and no more is not on its way to be over', () => {
  const seen = { ...hundred, waitMs: 2_100, earlierWaitMs: 2_800 };
  expect(nextMsPerCustomer(40, seen)).toBe(55);
});

test('where customers were too close is remembered', () => {
  const next = nextPace({ msPerCustomer: 20, tooCloseMs: 0 }, { ...hundred, waitMs: 1_600 });
  expect(next).toEqual({ msPerCustomer: 25, tooCloseMs: 20 });
});

test('what is slow for a while is not learned at once', () => {
  const seen = { ...hundred, waitMs: 60_000 };
  expect(nextPace({ msPerCustomer: 80, tooCloseMs: 20 }, seen).tooCloseMs).toBe(25);
  expect(nextPace({ msPerCustomer: 22, tooCloseMs: 20 }, seen).tooCloseMs).toBe(22);
});

test('from far above it the interval is halved, down to a margin above what was too close', () => {
  const seen = { ...hundred, waitMs: 300 };
  expect(nextPace({ msPerCustomer: 80, tooCloseMs: 20 }, seen).msPerCustomer).toBe(40);
  expect(nextPace({ msPerCustomer: 30, tooCloseMs: 20 }, seen).msPerCustomer).toBeCloseTo(23.64);
});

test('what was too close is forgotten bit by bit, and sooner where hardly anybody waits', () => {
  const pace = { msPerCustomer: 40, tooCloseMs: 40 };
  const next = (waitMs: number) => nextPace(pace, { ...hundred, waitMs });
  expect(next(300).tooCloseMs).toBeCloseTo(39.4);
  expect(next(150).tooCloseMs).toBeCloseTo(36);
  // It was so with fewer customers, or on another machine: nothing becomes longer by it.
  expect(next(300).msPerCustomer).toBe(40);
});

test('nothing is learned where nobody is busy, or the budget alone asks for the interval', () => {
  expect(nextMsPerCustomer(40, { busyCustomers: 0, askedMs: 1_000, waitMs: 60_000 })).toBe(40);
  for (const ms of [5, 10])
    expect(nextMsPerCustomer(ms, { busyCustomers: 100, askedMs: 1_000, waitMs: 0 })).toBe(ms);
});

test('where few are busy little is learned from how long they wait', () => {
  expect(nextMsPerCustomer(40, { busyCustomers: 3, askedMs: 1_000, waitMs: 2_600 })).toBe(60);
});

test('customers follow each other so that the last of four minutes is the last of them', () => {
  expect(spacingMs(40, 0)).toBe(40);
  expect(spacingMs(40, 1_000)).toBe(40);
  expect(spacingMs(40, 12_000)).toBe(20);
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
  const fiveASecondMs = 20_000;
  const intervals = fc.integer({ min: 1_000, max: fiveASecondMs });
  fc.assert(
    fc.property(intervals, fc.nat(100_000), fc.nat(100_000), (intervalMs, oneMs, otherMs) => {
      const [briefMs, longMs] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)];
      const [brief, long] = [intervalAfter(intervalMs, briefMs), intervalAfter(intervalMs, longMs)];
      expect(long).toBeGreaterThanOrEqual(brief);
      const isLonger = long > intervalMs || long === fiveASecondMs;
      expect(longMs > WAIT_MS_LONG ? isLonger : long <= intervalMs).toBe(true);
      const isShorter = brief < intervalMs || brief === 1_000;
      expect(briefMs < WAIT_MS_SHORT ? isShorter : brief >= intervalMs).toBe(true);
    }),
  );
});

/**
 * A machine that does so many reports a second, and customers who use something all the time: how
 * often one was reported after each decision, and how long the last of the queue waited. Each one's
 * first report may take longer, until all have been reported once.
 */
function playedOn(
  settledPerSecond: number,
  busyCustomers: number,
  decisions: number,
  firstPerSecond = settledPerSecond,
) {
  const askedMs = reportIntervalMs({
    ...{ busyCustomers, meterEventsPerSecond: 500, leastMs: 1_000 },
  });
  let pace: Pace = { msPerCustomer: SMALL_MACHINE_MS, tooCloseMs: 0 };
  let [queue, earlierWaitMs, reported] = [0, 0, 0];
  return Array.from({ length: decisions }, () => {
    const betweenMs = Math.max(
      spacingMs(pace.msPerCustomer, busyCustomers),
      askedMs / busyCustomers,
    );
    const arriving = DECISION_MS / betweenMs;
    const reportsPerSecond = reported < busyCustomers ? firstPerSecond : settledPerSecond;
    const able = (reportsPerSecond * DECISION_MS) / 1_000;
    reported += Math.min(able, queue + arriving);
    queue = Math.min(busyCustomers, Math.max(0, queue + arriving - able));
    // Nobody waits for a machine that stands still, and for one that is nearly busy many do.
    const load = Math.min(0.95, arriving / able);
    const queuedMs = (queue / reportsPerSecond) * 1_000;
    const waitMs = queuedMs + 60 / (1 - load);
    const seen = { busyCustomers, askedMs, waitMs, earlierWaitMs };
    pace = nextPace(pace, seen);
    earlierWaitMs = waitMs;
    return { intervalMs: betweenMs * busyCustomers, queuedMs };
  });
}

test('two processors with 27 reports a second come to them, whatever number of customers', () => {
  const neededOf = { 100: 3_704, 1_000: 37_038, 5_000: 185_186 };
  for (const [customers, neededMs] of Object.entries(neededOf)) {
    const settled = playedOn(27, Number(customers), 60).slice(6);
    for (const { intervalMs, queuedMs } of settled) {
      expect(intervalMs).toBeGreaterThan(neededMs * 0.9);
      expect(intervalMs).toBeLessThan(neededMs * 1.35);
      // A plan change has several steps, of which each may wait as long.
      expect(queuedMs).toBeLessThan(1_500);
    }
  }
});

test('workers that have just begun, and read a thousand histories anew, keep nobody for long', () => {
  const queuedMs = playedOn(27, 1_000, 60, 10).map((decision) => decision.queuedMs);
  expect(Math.max(...queuedMs)).toBeLessThan(20_000);
  expect(queuedMs.findIndex((ms) => ms < 1_000)).toBeLessThan(6);
});

test('on any machine reports come to rest, and are made as often as half of what it can do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 6, max: 400 }),
      fc.integer({ min: 1, max: 20_000 }),
      (reportsPerSecond, customers) => {
        const neededMs = (customers / reportsPerSecond) * 1_000;
        fc.pre(neededMs < PACED_INTERVAL_MS_MAX / 2);
        const settled = playedOn(reportsPerSecond, customers, 100).slice(50);
        const askedMs = reportIntervalMs({
          ...{ busyCustomers: customers, meterEventsPerSecond: 500, leastMs: 1_000 },
        });
        for (const { intervalMs } of settled)
          expect(intervalMs).toBeLessThanOrEqual(Math.max(askedMs, neededMs * 2.5) + 1);
        // At most every other decision finds a queue.
        const queued = settled.filter(({ queuedMs }) => queuedMs > WAIT_MS_LONG);
        expect(queued.length).toBeLessThanOrEqual(settled.length / 2);
      },
    ),
  );
});

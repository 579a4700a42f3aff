/** Goal: periods follow each other without gap or overlap, and reports stay inside theirs. */
import fc from 'fast-check';
import {
  isoSecond,
  periodsSince,
  reportSecond,
  sumSpan,
  wholeMinutes,
} from '../../src/core/period';
import type { Period } from '../../src/core/period';
import { FEBRUARY, JANUARY, MARCH } from '../support/builders/builders';

const APRIL = 1_775_001_600;

test('a customer we have never seen starts with the current period', () => {
  expect(periodsSince(undefined, { start: JANUARY, end: FEBRUARY }, [])).toEqual([
    { start: JANUARY, end: FEBRUARY },
  ]);
});

test('the current period read again opens nothing', () => {
  expect(periodsSince(FEBRUARY, { start: JANUARY, end: FEBRUARY }, [])).toEqual([]);
});

test('the next period follows the known one', () => {
  expect(periodsSince(FEBRUARY, { start: FEBRUARY, end: MARCH }, [])).toEqual([
    { start: FEBRUARY, end: MARCH },
  ]);
});

test('a period that came and went unseen is found on the invoices', () => {
  const edges = [JANUARY, FEBRUARY, FEBRUARY, MARCH, MARCH, APRIL];
  expect(periodsSince(FEBRUARY, { start: MARCH, end: APRIL }, edges)).toEqual([
    { start: FEBRUARY, end: MARCH },
    { start: MARCH, end: APRIL },
  ]);
});

test('without invoices the unseen time is one period, never a gap', () => {
  expect(periodsSince(FEBRUARY, { start: MARCH, end: APRIL }, [])).toEqual([
    { start: FEBRUARY, end: MARCH },
    { start: MARCH, end: APRIL },
  ]);
});

describe('a period that starts and ends within a minute', () => {
  const period = { start: JANUARY + 30, end: FEBRUARY + 30 };

  test('is summed by Stripe over its whole minutes', () => {
    expect(wholeMinutes(period)).toEqual({ start: JANUARY + 60, end: FEBRUARY });
  });

  test.each([
    ['at its first second, in its first whole minute', JANUARY + 30, JANUARY + 60],
    ['in the middle, at its own second', JANUARY + 777, JANUARY + 777],
    ['at its last second, in its last whole minute', FEBRUARY + 29, FEBRUARY - 1],
  ])('reports usage %s', (_when, second, expected) => {
    expect(reportSecond(period, second)).toBe(expected);
  });
});

describe('what Stripe sums over a period is what was reported of it, and of no other', () => {
  /** Periods of two minutes and more that follow each other, cut at any second. */
  const periods = fc
    .tuple(
      fc.integer({ min: JANUARY, max: JANUARY + 59 }),
      fc.array(fc.integer({ min: 120, max: 400 }), { minLength: 2, maxLength: 5 }),
    )
    .map(([first, lengths]) => {
      let start = first;
      return lengths.map((length) => {
        const period = { start, end: start + length };
        start = period.end;
        return period;
      });
    });
  const within = ({ start, end }: Period, second: number) => start <= second && second < end;

  test('each report lies in the sum of its own period only, at whatever second usage was', () => {
    fc.assert(
      fc.property(periods, (all) => {
        const isAmiss = (period: Period, second: number): boolean => {
          const reported = reportSecond(period, second);
          return all.some((each) => within(sumSpan(each), reported) !== (each === period));
        };
        for (const period of all) {
          const length = period.end - period.start;
          const seconds = Array.from({ length }, (_, at) => period.start + at);
          expect(seconds.filter((second) => isAmiss(period, second))).toEqual([]);
        }
      }),
    );
  });

  test('also the reports of a rate that was added at any second of its period', () => {
    fc.assert(
      fc.property(periods, fc.nat(), (all, nat) => {
        for (const period of all) {
          const added = period.start + (nat % (period.end - period.start));
          const metered = { start: added, end: period.end };
          for (const second of [period.start, added, period.end - 1]) {
            const reported = reportSecond(metered, second);
            expect(all.filter((other) => within(sumSpan(other), reported))).toEqual([period]);
            expect(reported).toBeGreaterThanOrEqual(added);
          }
        }
      }),
    );
  });

  test('the sum is over whole minutes, as Stripe sums', () => {
    fc.assert(
      fc.property(periods, (all) => {
        for (const { start, end } of all.map(sumSpan)) {
          expect([start % 60, end % 60]).toEqual([0, 0]);
          expect(start).toBeLessThan(end);
        }
      }),
    );
  });

  test('a period without a whole minute is summed over all minutes that it touches', () => {
    const short = fc.record({ offset: fc.nat(59), length: fc.integer({ min: 1, max: 119 }) });
    fc.assert(
      fc.property(short, fc.nat(), ({ offset, length }, nat) => {
        const period = { start: JANUARY + 600 + offset, end: JANUARY + 600 + offset + length };
        const reported = reportSecond(period, period.start + (nat % length));
        expect(within(sumSpan(period), reported)).toBe(true);
        // Whole hours before and after it: none of their reports is taken for its own.
        const before = { start: JANUARY, end: period.start };
        const after = { start: period.end, end: JANUARY + 3_600 };
        for (const other of [before, after]) {
          const theirs = reportSecond(other, other.start + (nat % (other.end - other.start)));
          expect(within(sumSpan(period), theirs)).toBe(false);
        }
      }),
    );
  });

  test('a period of less than a minute is summed over the minute that it ends in', () => {
    expect(sumSpan({ start: JANUARY + 10, end: JANUARY + 40 })).toEqual({
      start: JANUARY,
      end: JANUARY + 60,
    });
  });
});

test('seconds are written in ISO 8601, UTC', () => {
  expect(isoSecond(FEBRUARY + 1)).toBe('2026-02-01T00:00:01Z');
});

test.each([
  ['within a minute', 10, 50],
  ['over the edge of two', 30, 90],
])('a period %s holds no whole minute to be reported in', (_where, from, to) => {
  const [start, end] = [JANUARY + from, JANUARY + to];
  expect(() => wholeMinutes({ start, end })).toThrow(
    `period [${start}, ${end}) holds no whole minute`,
  );
});

test('what is known into the current period opens nothing of it', () => {
  expect(periodsSince(JANUARY + 60, { start: JANUARY, end: FEBRUARY }, [])).toEqual([]);
});

test('edges of invoices beyond the current period open none', () => {
  expect(periodsSince(FEBRUARY, { start: FEBRUARY, end: MARCH }, [MARCH, APRIL])).toEqual([
    { start: FEBRUARY, end: MARCH },
  ]);
});

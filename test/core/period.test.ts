/** Goal: periods follow each other without gap or overlap, and reports stay inside theirs. */
import { isoSecond, periodsSince, reportSecond, wholeMinutes } from '../../src/core/period';
import { FEBRUARY, JANUARY, MARCH } from '../support/builders';

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

test('seconds are written in ISO 8601, UTC', () => {
  expect(isoSecond(FEBRUARY + 1)).toBe('2026-02-01T00:00:01Z');
});

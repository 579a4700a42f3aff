/** Goal: reports stay within Stripe's budget however many customers there are, and are not late. */
import fc from 'fast-check';
import {
  REPORT_INTERVAL_MS_MAX,
  reportIntervalMs,
} from '../../../src/core/counting/report-interval';

const interval = (busyCustomers: number, meterEventsPerSecond = 500) =>
  reportIntervalMs({ busyCustomers, meterEventsPerSecond, leastMs: 1_000 });

// 500 a second, two thirds of it, for two reports each: 166⅔ customers a second.
test.each([
  [0, 1_000],
  [10, 1_000],
  [100, 1_000],
  [1_000, 6_000],
  [5_000, 30_000],
  [10_000, 60_000],
  [1_000_000, 60_000],
])('%i busy customers are reported every %i ms', (customers, ms) => {
  expect(interval(customers)).toBe(ms);
});

test('twice the budget is half the interval', () => {
  expect(interval(5_000, 1_000)).toBe(15_000);
});

test('a least interval above a minute is the operator’s own, and kept', () => {
  const asked = { busyCustomers: 10, meterEventsPerSecond: 500, leastMs: 120_000 };
  expect(reportIntervalMs(asked)).toBe(120_000);
});

test('two reports of each in an interval leave a third of the budget, up to a minute', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.integer({ min: 1, max: 5_000 }), (customers, budget) => {
      const ms = interval(customers, budget);
      const perSecond = (customers * 2 * 1_000) / ms;
      expect(perSecond <= (budget * 2) / 3 || ms === REPORT_INTERVAL_MS_MAX).toBe(true);
    }),
  );
});

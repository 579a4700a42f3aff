/** Goal: the pace of reports follows the queue, not a single one that was slow. */
import { createReportWaits } from '../../src/processes/report-waits';

type Context = Parameters<ReturnType<typeof createReportWaits>['interceptor']>[0];

/** A report that was scheduled so long before the present, which is 100,000. */
const scheduledBefore = (ms: number): Context =>
  ({ info: { currentAttemptScheduledTimestampMs: 100_000 - ms } }) as Context;

test('a signal and a report wait one after the other, and nine of ten of each tell', () => {
  const waits = createReportWaits(() => 100_000);
  for (let number = 1; number <= 10; number += 1) {
    waits.noteSignal(number === 10 ? 60_000 : number);
    waits.interceptor(scheduledBefore(number * 100));
  }
  expect(waits.take()).toBe(9 + 900);
});

test('what was taken is over, and nothing seen is not the same as no wait', () => {
  const waits = createReportWaits(() => 100_000);
  waits.noteSignal(5_000);
  expect(waits.take()).toBe(5_000);
  expect(waits.take()).toBeUndefined();
});

test('a clock that is behind makes no wait below zero', () => {
  const waits = createReportWaits(() => 100_000);
  waits.noteSignal(-3_000);
  waits.interceptor(scheduledBefore(-3_000));
  expect(waits.take()).toBe(0);
});

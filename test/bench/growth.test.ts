/** What is asked as ledger and customers grow, and that a seed makes a run again. */
import { randomIds } from '../../bench/command/random-ids';
import { chance } from '../life/chance';
import { numbers } from '../../bench/command/run-report';
import { reportCosts } from '../../bench/latency/costs';
import type { Costs, ProcessName } from '../../bench/latency/costs';
import type { MeasuredSize } from '../../bench/latency/measure';
import { latencyComparisons, latencyReport, latencyTable } from '../../bench/latency/report';
import { ledgerReport, ledgerTable } from '../../bench/ledger/report';

const ofEach = (value: number): Record<ProcessName, number> => ({
  ...{ api: value, worker: value, postgres: value, temporal: value, sandbox: value, bench: value },
});

const percentiles = (p99Seconds: number) => ({
  ...{ events: 1_000, p50Seconds: 1, p99Seconds, maxSeconds: 50 },
});

const RATES = {
  ...{ seconds: 20, cores: ofEach(0.1), transactionsPerSecond: 50 },
  ...{ workflowTasksPerSecond: 4, activityTasksPerSecond: 2, replaysPerSecond: 0 },
  residentMegabytes: ofEach(300),
};

const sizeOf = (customers: number, p99Seconds: number): MeasuredSize => ({
  ...{ customers, createdPerSecond: 12, loadSeconds: 120, idle: RATES, busy: RATES },
  ...{
    toStripe: percentiles(p99Seconds),
    toStripeAtFirst: percentiles(40),
    toPage: percentiles(1.5),
  },
  urgent: { planChangeSeconds: [2, 11], holdSeconds: [1, 3], closeSeconds: [20, 30] },
  ...{ reports: 900, reportsPerSecondMax: 400, otherCallsPerSecondMax: 70 },
  perReport: {
    ...{ cpuMilliseconds: ofEach(20), transactions: 12 },
    ...{ workflowTasks: 2, activityTasks: 1, replays: 0.5 },
  },
});

test('more customers may wait longer for Stripe, and what is urgent never', () => {
  const met = (customers: number, p99Seconds: number) =>
    latencyComparisons(sizeOf(customers, p99Seconds)).map((each) => each.met);
  // To Stripe, reports in a second, plan change, hold, page, customers made.
  expect(met(100, 6)).toEqual([false, true, false, true, true, false]);
  expect(met(1_000, 6)).toEqual([true, true, false, true, true, false]);
  expect(met(1_000, 31)[0]).toBe(false);
  expect(met(10_000, 31)[0]).toBe(true);
  expect(met(10_000, 121)[0]).toBe(false);
});

test('the table says what each size waited, what it cost, and what was missed', () => {
  const table = latencyTable(
    latencyReport({
      ...{ seed: 1, startedAt: '2026-01-10T12:00:00.000Z', seconds: 400, postgres: '18.4' },
      cached: 500,
      sizes: [sizeOf(100, 6), sizeOf(1_000, 20)],
    }),
  );
  expect(table).toMatch(/100 .*usage → Stripe, p99 .*6 s .*≤ 5 s .*no/);
  expect(table).toMatch(/1,000 .*usage → Stripe, p99 .*20 s .*≤ 30 s .*yes/);
  expect(table).toMatch(/until all were reported once, p99 s .*40 .*40/);
  expect(table).toMatch(/worker: processor ms a report .*20 .*20/);
});

test('a report costs what everything cost, by the number of reports', () => {
  const at = (seconds: number, tasks: number): Costs => ({
    ...{ atMs: seconds * 1000, cpuSeconds: ofEach(seconds / 2), residentMegabytes: ofEach(1) },
    transactions: tasks * 5,
    temporal: { temporal_workflow_task_execution_latency_count: tasks },
  });
  const costs = reportCosts(at(10, 100), at(30, 500), 200);
  expect(costs.cpuMilliseconds.worker).toBeCloseTo(50);
  expect(costs.workflowTasks).toBeCloseTo(2);
  expect(costs.transactions).toBeCloseTo(10);
});

test('a ledger is compared with the empty one of the same round', () => {
  const ledger = (rows: number, batches: number[]) => ({
    ...{ rows, tableMegabytes: 1, indexMegabytes: 1, filledInSeconds: 1 },
    rates: { batches, singleEvents: batches },
    processor: { batches: [50, 60, 70], singleEvents: [200, 210, 220] },
    log: { batches: [600, 700, 800], singleEvents: [900, 910, 920] },
  });
  const report = ledgerReport({
    ...{ seed: 1, startedAt: '2026-01-10T12:00:00.000Z', seconds: 400, postgres: '18.4' },
    ledgers: [
      ledger(0, [10_000, 4_000, 10_000]),
      ledger(10_000_000, [8_500, 3_400, 8_500]),
      ledger(100_000_000, [8_500, 3_400, 8_500]),
    ],
  });
  expect(report.comparisons.map(({ ratio, met }) => [ratio, met])).toEqual([
    [0.85, false],
    [0.85, false],
    [0.85, true],
    [0.85, true],
  ]);
  expect(ledgerTable(report)).toMatch(/100 events a request .*10,000,000 .*0\.85 .*≥ 0\.9 .*no/);
});

test('the same seed draws the same ids, and another one others', () => {
  const ids = (seed: number) => Array.from({ length: 3 }, randomIds(chance(seed)));
  expect(ids(1)).toEqual(ids(1));
  expect(new Set([...ids(1), ...ids(2)]).size).toBe(6);
});

test('a size that is no number is refused by name', () => {
  expect(numbers('rows', '10,20')).toEqual([10, 20]);
  expect(() => numbers('rows', '10,many')).toThrow('--rows 10,many: expected whole numbers');
});

/** The benchmark's report: which figure is held against which target of the design. */
import { benchTable, comparisons, machine } from '../../bench/report';
import type { Outcome } from '../../bench/report';

const OUTCOME: Outcome = {
  rates: {
    bareExpress: [10_000, 5_000, 10_000],
    rawInserts: [100_000, 50_000, 100_000],
    singleEvents: [9_000, 4_500, 9_000],
    batches: [50_000, 25_000, 50_000],
    readThenWrite: [4_000, 4_000, 4_000],
    signalPerEvent: [1_000, 1_000, 1_000],
  },
  costs: {
    bareExpress: { load: 60, servers: 270, postgres: 1 },
    rawInserts: { load: 2, servers: 0, postgres: 8 },
    singleEvents: { load: 30, servers: 180, postgres: 75 },
    batches: { load: 1, servers: 12, postgres: 25.4 },
    readThenWrite: { load: 100, servers: 0, postgres: 200 },
    signalPerEvent: { load: 500, servers: 700, postgres: 0 },
  },
  sealedWithinSeconds: 0.3,
  lostBySeedPercent: 3.04,
  history: { eventsPerSecond: 5_000, usageEvents: 50_000, historyEvents: 300, perThousand: 6 },
  latency: { eventsPerSecond: 200, customers: 50, events: 2_000, p50Seconds: 0.6, p99Seconds: 1.4 },
  dashboard: {
    eventsPerSecond: 100,
    customers: 50,
    events: 1_000,
    p50Seconds: 0.4,
    p99Seconds: 0.8,
  },
  overheads: [
    { of: 'meterOpenAI', calls: 2_000, p50Ms: 0.1, p99Ms: 0.9, pairedP99Ms: 1.2 },
    { of: '/openai/v1', calls: 2_000, p50Ms: 1.1, p99Ms: 5.1, pairedP99Ms: 6.2 },
  ],
};

test('each target is held against the ratio of its own two cases', () => {
  expect(comparisons(OUTCOME).map(({ figure, met }) => [figure, met])).toEqual([
    [0.9, false],
    [0.5, false],
    [9, true],
    [6, true],
    [1.4, true],
    [0.8, true],
    [0.9, true],
    [5.1, false],
  ]);
});

test('the table names every case, every target that is missed, and what the seed lost', () => {
  const table = benchTable({
    ...OUTCOME,
    machine: machine('18.4'),
    startedAt: '2026-01-10T12:00:00.000Z',
    seconds: 180,
    comparisons: comparisons(OUTCOME),
  });
  expect(table).toContain('one event a request, 50 connections, sealing on');
  expect(table).toMatch(/100 events a request, sealing on .* 1 .* 12 .* 25\.4 /);
  expect(table).toMatch(/100 events a request ÷ raw insert .*0\.5 × .*≥ 0\.55 × .*no/);
  expect(table).toMatch(/added by \/openai\/v1 to a call, p99 .*5\.1 ms .*≤ 5 ms .*no/);
  expect(table).toContain('lost 3.04% of its tokens');
  expect(table).toContain('Postgres 18.4');
});

/** The benchmark's arithmetic: what it says must follow from what it measured. */
import {
  isMet,
  latenciesOfSums,
  median,
  pairedRatio,
  percentile,
  readable,
} from '../../bench/figures';

test('the median is the middle round, or between the two middle ones', () => {
  expect(median([900, 100, 500])).toBe(500);
  expect(median([100, 900, 500, 300])).toBe(400);
});

test('the 99th percentile of 200 latencies is the 198th, and of a few the slowest', () => {
  expect(
    percentile(
      Array.from({ length: 200 }, (_, at) => at + 1),
      99,
    ),
  ).toBe(198);
  expect(percentile([3, 1, 2], 99)).toBe(3);
});

test('a percentile of nothing is refused instead of being undefined', () => {
  expect(() => median([])).toThrow('measure first');
});

test('rounds are compared in pairs, so a round that was slow for both changes no ratio', () => {
  expect(pairedRatio([900, 90, 900], [1_000, 100, 1_000])).toBe(0.9);
});

test('a case with fewer rounds than its base is not compared', () => {
  expect(() => pairedRatio([900], [1_000, 100])).toThrow('1 rounds');
});

test('each usage event waits for the report whose sum reaches it', () => {
  const reports = [
    { atMs: 300, events: 1 },
    { atMs: 700, events: 3 },
  ];
  expect(latenciesOfSums([100, 200, 300, 400], reports)).toEqual([200, 500, 400, 300]);
});

test('a usage event that no report reached is never reported', () => {
  expect(latenciesOfSums([100, 200], [{ atMs: 300, events: 1 }])).toEqual([200, Infinity]);
  expect(latenciesOfSums([100], [])).toEqual([Infinity]);
});

test('a target may be a floor or a ceiling, and is met when just reached', () => {
  expect(isMet({ bound: 'at least', value: 0.85 }, 0.85)).toBe(true);
  expect(isMet({ bound: 'at least', value: 0.85 }, 0.84)).toBe(false);
  expect(isMet({ bound: 'at most', value: 5 }, 5)).toBe(true);
  expect(isMet({ bound: 'at most', value: 5 }, Infinity)).toBe(false);
});

test('figures are readable: thousands are whole, ratios have three digits', () => {
  expect(readable(72_345.6)).toBe('72,346');
  expect(readable(0.85432)).toBe('0.854');
  expect(readable(Infinity)).toBe('never');
});

/** Pauses double from the least to the most, however often something has failed. */
import fc from 'fast-check';
import { backoffMs } from '../../src/core/backoff';

const patient = { minMs: 500, maxMs: 30_000 };

test.each([
  [1, 500],
  [2, 1_000],
  [6, 16_000],
  [7, 30_000],
  [5_000, 30_000],
])('after failure %d: %d ms', (failures, pause) => {
  expect(backoffMs(patient, failures)).toBe(pause);
});

test('no pause is shorter than the one before, or outside of its limits', () => {
  const ms = fc.integer({ min: 1, max: 1e9 });
  fc.assert(
    fc.property(ms, ms, fc.integer({ min: 1, max: 10_000 }), (a, b, failures) => {
      const limits = { minMs: Math.min(a, b), maxMs: Math.max(a, b) };
      const pause = backoffMs(limits, failures);
      expect(pause).toBeGreaterThanOrEqual(limits.minMs);
      expect(pause).toBeLessThanOrEqual(limits.maxMs);
      expect(backoffMs(limits, failures + 1)).toBeGreaterThanOrEqual(pause);
    }),
  );
});

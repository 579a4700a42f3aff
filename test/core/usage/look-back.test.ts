/** Which months an id is looked for in, and when two of them are near. */
import fc from 'fast-check';
import { isNearEdge, lookBackAt } from '../../../src/core/usage/look-back';
import { OCCURRED_BEHIND_SECONDS_MAX } from '../../../src/core/usage/usage';

const TIMES = fc.date({
  min: new Date('2026-01-01'),
  max: new Date('2060-01-01'),
  noInvalidDate: true,
});
const isMonthStart = (time: string) => /-01T00:00:00\.000Z$/.test(time);

test('an id is known for longer than its time is accepted, in whole months', () => {
  fc.assert(
    fc.property(TIMES, (now) => {
      const { from, to } = lookBackAt(now);
      expect([from, to].every(isMonthStart)).toBe(true);
      expect(now.getTime() - Date.parse(from)).toBeGreaterThan(OCCURRED_BEHIND_SECONDS_MAX * 1000);
      expect(now.getTime() - Date.parse(from)).toBeLessThan(68 * 86_400_000);
      expect(Date.parse(to)).toBeGreaterThan(now.getTime() + 27 * 86_400_000);
    }),
  );
});

test.each([
  ['2026-12-10T12:00:00Z', '2026-11-01T00:00:00.000Z'],
  ['2026-12-05T12:00:00Z', '2026-10-01T00:00:00.000Z'],
  ['2027-03-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
])('at %s the oldest month is %s', (now, from) => {
  expect(lookBackAt(new Date(now)).from).toBe(from);
});

test.each([
  ['2026-11-30T23:49:59Z', false],
  ['2026-11-30T23:51:00Z', true],
  ['2026-12-01T00:00:00Z', true],
  ['2026-12-01T00:09:59Z', true],
  ['2026-12-01T00:10:00Z', false],
  ['2026-12-15T00:00:00Z', false],
])('%s is near an edge: %s', (now, isNear) => {
  expect(isNearEdge(new Date(now))).toBe(isNear);
});

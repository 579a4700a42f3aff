/** A bucket grants what has gathered, says when there is more, and is forgotten when full. */
import fc from 'fast-check';
import { createBuckets } from '../../../src/api/limits/buckets';

const SIZE = { perSecond: 10, burst: 100 };

test('as many at once as have gathered, and after that as many as come in', () => {
  const { draw } = createBuckets(SIZE);
  const grantedAt = (ms: number) =>
    Array.from({ length: 200 }, () => draw('ada', 1, ms)).filter(({ isGranted }) => isGranted);
  expect(grantedAt(0)).toHaveLength(100);
  expect(grantedAt(1_000)).toHaveLength(10);
  expect(grantedAt(500_000)).toHaveLength(100);
});

test('who has to wait is told for how long, and whoever waits so long gets it', () => {
  const { draw } = createBuckets(SIZE);
  draw('ada', 100, 0);
  const { isGranted, remaining, waitSeconds } = draw('ada', 25, 0);
  expect({ isGranted, remaining, waitSeconds }).toEqual({
    ...{ isGranted: false, remaining: 0, waitSeconds: 3 },
  });
  expect(draw('ada', 25, 3_000)).toMatchObject({ isGranted: true, remaining: 5 });
});

test('what is heavier than a bucket passes a full one, and is paid for', () => {
  const { draw } = createBuckets(SIZE);
  expect(draw('ada', 250, 0).isGranted).toBe(true);
  expect(draw('ada', 1, 15_000).isGranted).toBe(false);
  expect(draw('ada', 1, 15_100).isGranted).toBe(true);
});

test('what is charged afterwards is owed', () => {
  const { charge, draw, isEmpty } = createBuckets(SIZE);
  charge('ada', 120, 0);
  expect(isEmpty('ada', 2_000)).toBe(true);
  expect(draw('ada', 1, 2_100).isGranted).toBe(true);
});

test('one has nothing of what another takes', () => {
  const { draw } = createBuckets(SIZE);
  draw('ada', 100, 0);
  expect(draw('bo', 100, 0).isGranted).toBe(true);
});

test('a full bucket is forgotten, and beyond the bound whoever was not seen for longest', () => {
  const { draw, names } = createBuckets(SIZE, 3);
  for (const name of ['a', 'b', 'c', 'a', 'd']) draw(name, 50, 0);
  expect(names()).toBe(3);
  expect(draw('a', 1, 0).isGranted).toBe(false);
  expect(draw('b', 100, 0).isGranted).toBe(true);
  draw('e', 1, 60_000);
  expect(names()).toBe(1);
});

test('never more than a burst and what came in since, however it is asked for', () => {
  const asking = fc.record({ afterMs: fc.nat(3_000), weight: fc.integer({ min: 1, max: 100 }) });
  fc.assert(
    fc.property(fc.array(asking), (askings) => {
      const { draw } = createBuckets(SIZE);
      let now = 0;
      let granted = 0;
      for (const { afterMs, weight } of askings) {
        now += afterMs;
        if (draw('ada', weight, now).isGranted) granted += weight;
        expect(granted).toBeLessThanOrEqual(SIZE.burst + (now * SIZE.perSecond) / 1000 + 1e-6);
      }
    }),
  );
});

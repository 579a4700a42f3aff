/** Goal: Stripe gets no more calls a second than it allows, however many there are to make. */
import fc from 'fast-check';
import { createCallPace } from '../../src/stripe/call-pace';

const CALLS = 80;
const EVENTS = 500;
const METER_EVENTS = '/v1/billing/meter_events';
const METER_STREAM = '/v2/billing/meter_event_stream';

/** When each call that asks at such a millisecond leaves; undefined: it is refused. */
async function leavings(asks: readonly number[], path: string): Promise<(number | undefined)[]> {
  let at = 0;
  let waited = 0;
  const pace = createCallPace({
    ...{ callsPerSecond: CALLS, meterEventsPerSecond: EVENTS },
    now: () => at,
    wait: async (ms) => void (waited = ms),
  });
  const times: (number | undefined)[] = [];
  for (const ask of asks) {
    [at, waited] = [ask, 0];
    const left = await pace.turn(path).then(
      () => at + waited,
      () => undefined,
    );
    times.push(left);
  }
  return times;
}

const inAnySecond = (times: readonly number[]): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));

test('no second has more calls than the limit and a quarter of it at once', async () => {
  const asks = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(asks, async (unsorted) => {
      const times = await leavings(
        unsorted.sort((a, b) => a - b),
        '/v1/invoices/in_1',
      );
      expect(inAnySecond(times as number[])).toBeLessThanOrEqual(CALLS * 1.25 + 1);
    }),
  );
});

test('a call that comes alone does not wait', async () => {
  expect(await leavings([0, 500, 1_000], '/v1/invoices/in_1')).toEqual([0, 500, 1_000]);
});

test.each([METER_EVENTS, METER_STREAM])('%s has a limit of its own', async (path) => {
  const asks = Array.from({ length: EVENTS }, () => 0);
  expect((await leavings(asks, path)).at(-1)).toBe(750);
});

test('what else there is at meters is a call like others', async () => {
  const asks = Array.from({ length: EVENTS }, () => 0);
  expect((await leavings(asks, `${METER_EVENTS}/summaries`)).at(-1)).toBeGreaterThan(5_000);
});

test('what would wait for longer than its activity has is refused, and takes no turn', async () => {
  const asks = Array.from({ length: 20 * CALLS + 200 }, () => 0);
  const times = await leavings([...asks, 30_000], '/v1/invoices/in_1');
  expect(times.filter((time) => time === undefined).length).toBeGreaterThan(100);
  expect(times.at(-1)).toBe(30_000);
});

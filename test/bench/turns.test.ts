/** What stands between an app and a model is compared with nothing, call by call. */
import { overhead, takeTurns } from '../../bench/overhead/turns';

test('what a call takes longer is told by the percentiles of calls, and of pairs of them', () => {
  const plainMs = Array.from({ length: 100 }, (_, call) => call + 1);
  const meteredMs = plainMs.map((took) => took + 2).reverse();
  expect(overhead('it', { plainMs, meteredMs })).toEqual({
    ...{ of: 'it', calls: 100, p50Ms: 2, p99Ms: 2 },
    // The slowest beside the fastest.
    pairedP99Ms: 99,
  });
});

test('a machine that stands still for a while is not what a call takes longer', () => {
  const plainMs = Array.from({ length: 500 }, () => 10);
  const meteredMs = plainMs.map((took, call) => (call >= 200 && call < 300 ? 400 : took + 1));
  expect(overhead('it', { plainMs, meteredMs }).p99Ms).toBe(1);
});

test('calls take turns, plain ones and streams, and neither side is always the first', async () => {
  const made: string[] = [];
  const side = (name: string) => ({
    once: async () => made.push(`${name} once`),
    stream: async () => made.push(`${name} stream`),
  });
  const compared = { plain: side('plain'), metered: side('metered') };
  const { plainMs, meteredMs } = await takeTurns(compared, { calls: 4, warmUpCalls: 4 });
  const four = [
    ...['plain once', 'metered once', 'plain stream', 'metered stream'],
    ...['metered once', 'plain once', 'metered stream', 'plain stream'],
  ];
  expect(made.slice(8)).toEqual(four);
  expect([plainMs.length, meteredMs.length]).toEqual([4, 4]);
});

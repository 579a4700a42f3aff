/** What providers report, in pools that share no token. */
import fc from 'fast-check';
import { exclusivePools } from '../../../src/core/usage/reported-tokens';
import type { ReportedTokens } from '../../../src/core/usage/reported-tokens';

const reported = (counts: Partial<Record<keyof ReportedTokens, number>>): ReportedTokens => ({
  prompt: { name: 'prompt_tokens', tokens: 0 },
  answer: { name: 'completion_tokens', tokens: 0 },
  ...Object.fromEntries(
    Object.entries(counts).map(([key, tokens]) => [key, { name: `its ${key}`, tokens }]),
  ),
});

test.each([
  [
    { prompt: 5, answer: 7 },
    { input: 5, output: 7 },
  ],
  [
    { prompt: 5, answer: 7, total: 12 },
    { input: 5, output: 7 },
  ],
  [
    { prompt: 100, answer: 9, cacheRead: 60 },
    { input: 40, output: 9, cacheRead: 60 },
  ],
  [
    { prompt: 100, answer: 50, cacheRead: 60, cacheWrite: 40, reasoning: 50 },
    { input: 0, output: 0, cacheRead: 60, cacheWrite: 40, reasoning: 50 },
  ],
])('%j is %j', (counts, pools) => {
  expect(exclusivePools(reported(counts))).toEqual(pools);
});

test.each([
  [{ prompt: 5, answer: 7, total: 13 }, /its total is 13, but its prompt 5 .* 7 are 12/],
  [{ prompt: 5, answer: 7, cacheRead: 6 }, /its prompt is 5, but its cacheRead is 6/],
  [{ prompt: 5, answer: 7, reasoning: 8 }, /its answer is 7, but its reasoning is 8/],
])('%j does not add up, and is told with its numbers', (counts, message) => {
  expect(() => exclusivePools(reported(counts))).toThrow(message);
});

test('no token is counted twice or lost', () => {
  const tokens = fc.integer({ min: 0, max: 1_000_000 });
  fc.assert(
    fc.property(tokens, tokens, tokens, tokens, tokens, (fresh, read, written, told, thought) => {
      const pools = exclusivePools(
        reported({
          prompt: fresh + read + written,
          answer: told + thought,
          ...{ cacheRead: read, cacheWrite: written, reasoning: thought },
        }),
      );
      const sum = Object.values(pools).reduce((all, count) => all + count, 0);
      expect([pools.input, pools.output, sum]).toEqual([
        ...[fresh, told],
        fresh + read + written + told + thought,
      ]);
    }),
  );
});

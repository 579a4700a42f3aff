/** What providers tell, in pools that share no token: what nobody told is left out. */
import fc from 'fast-check';
import { readUsage, sumOf } from '../../src/sdk/read-usage';

const details = (cached: number, written = 0) => ({
  prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
});
const thought = (reasoning: number) => ({
  completion_tokens_details: { reasoning_tokens: reasoning },
});

test.each<[string, Record<string, unknown>, Record<string, number>]>([
  [
    'reasoning that its total has beside the completion',
    { prompt_tokens: 32, completion_tokens: 9, total_tokens: 135, ...details(6), ...thought(94) },
    { input: 26, cacheRead: 6, output: 9, reasoning: 94 },
  ],
  [
    'reasoning that its total has within the completion',
    { prompt_tokens: 500, completion_tokens: 500, total_tokens: 1_000, ...thought(400) },
    { input: 500, output: 100, reasoning: 400 },
  ],
  [
    'reasoning that is more than the completion, without a total',
    { prompt_tokens: 21, completion_tokens: 0, ...thought(60) },
    { input: 21, output: 0, reasoning: 60 },
  ],
  [
    'caches that are beside, by their names',
    { input_tokens: 5, output_tokens: 1, cache_read_input_tokens: 7 },
    { input: 5, cacheRead: 7, output: 1 },
  ],
  [
    'the same names, where the total says within',
    { input_tokens: 9, output_tokens: 1, total_tokens: 10, cache_read_input_tokens: 7 },
    { input: 2, cacheRead: 7, output: 1 },
  ],
  [
    'a cache in two names, of which one says within',
    {
      ...{ prompt_tokens: 3_000, completion_tokens: 5, cache_read_input_tokens: 2_944 },
      ...details(2_944),
    },
    { input: 56, cacheRead: 2_944, output: 5 },
  ],
  [
    'a prompt that only the total tells',
    { completion_tokens: 20, total_tokens: 120 },
    { input: 100, output: 20 },
  ],
  ['an answer that nobody tells', { prompt_tokens: 100 }, { input: 100 }],
  [
    'numbers as text',
    { prompt_tokens: '100', completion_tokens: '20' },
    { input: 100, output: 20 },
  ],
  [
    'both pairs of names, of which one is filled with zeros',
    { prompt_tokens: 100, completion_tokens: 20, input_tokens: 0, output_tokens: 0 },
    { input: 100, output: 20 },
  ],
])('%s', (_what, usage, pools) => {
  expect(readUsage(usage)).toEqual({ tokens: pools, details: {}, faults: [] });
});

test.each<[Record<string, unknown>, string]>([
  [{ prompt_tokens: 1, completion_tokens: 20.5 }, 'completion_tokens is 20.5, which is no whole'],
  [{ prompt_tokens: 1, completion_tokens: -5 }, 'completion_tokens is -5, which is no whole'],
  [{ prompt_tokens: 1, completion_tokens: NaN }, 'completion_tokens is NaN, which is no whole'],
  [{ prompt_tokens: 1, completion_tokens: '2e3' }, 'completion_tokens is "2e3", which is no'],
  [{ prompt_tokens: 1, completion_tokens: 1e12 }, 'completion_tokens is 1000000000000, which'],
  [
    { prompt_tokens: 5, completion_tokens: 7, total_tokens: 11 },
    'total_tokens is 11, but prompt_tokens is 5 and completion_tokens is 7',
  ],
  [
    { prompt_tokens: 5, completion_tokens: 7, ...details(6) },
    'prompt_tokens is 5, but prompt_tokens_details.cached_tokens is 6',
  ],
  [
    { prompt_tokens: 500, completion_tokens: 7, cache_read_input_tokens: 6 },
    'cache_read_input_tokens is 6, which may be within prompt_tokens or beside it',
  ],
  [
    { prompt_tokens: 5, input_tokens: 6, completion_tokens: 7 },
    'input_tokens is 6, but prompt_tokens is 5',
  ],
])('%j is told with its numbers', (usage, fault) => {
  expect(readUsage(usage).faults).toEqual([expect.stringContaining(fault)]);
});

test.each([
  ['a float', { prompt_tokens: 50, completion_tokens: 20.5 }],
  ['a negative number', { prompt_tokens: 50, completion_tokens: -5 }],
])('what is %s is unknown, and no zero', (_what, usage) => {
  expect(readUsage(usage).tokens).toEqual({ input: 50 });
});

test.each([
  ['a total alone', { total_tokens: 77 }],
  ['a total beside zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 77 }],
])('%s is of nobody knows what', (_what, usage) => {
  expect(readUsage(usage)).toEqual({ total: 77, details: {}, faults: [] });
});

test('what is only in the total is counted, and told by its number', () => {
  const usage = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 };
  expect(readUsage(usage)).toMatchObject({
    tokens: { input: 20, output: 198, reasoning: 405 },
    unexplained: 405,
  });
});

test('no token is counted twice or lost, wherever reasoning and caches are', () => {
  const tokens = fc.integer({ min: 1, max: 1_000_000 });
  const counts = fc.record({
    ...{ fresh: tokens, read: tokens, written: tokens, told: tokens, reasoned: tokens },
    ...{ areCachesBeside: fc.boolean(), isReasoningBeside: fc.boolean() },
  });
  fc.assert(
    fc.property(counts, ({ fresh, read, written, told, reasoned, ...places }) => {
      const all = fresh + read + written + told + reasoned;
      const reading = readUsage({
        input_tokens: places.areCachesBeside ? fresh : fresh + read + written,
        ...{ cache_read_input_tokens: read, cache_creation_input_tokens: written },
        output_tokens: places.isReasoningBeside ? told : told + reasoned,
        output_tokens_details: { reasoning_tokens: reasoned },
        total_tokens: all,
      });
      expect(sumOf(reading)).toBe(all);
      expect(reading.faults).toEqual([]);
    }),
  );
});

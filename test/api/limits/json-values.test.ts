/** Goal: a body that would take long to parse is refused before it is. */
import fc from 'fast-check';
import { hasMoreValues } from '../../../src/api/limits/json-values';

const has = (json: string, valuesMax: number): boolean =>
  hasMoreValues(Buffer.from(json), valuesMax);

test.each([
  ['a million arrays in one another', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
  ['a million numbers', `[${'1,'.repeat(1_000_000)}1]`],
  ['a hundred thousand objects', `[${'{"a":1},'.repeat(100_000)}1]`],
])('%s are too many', (_what, json) => {
  expect(has(json, 100_000)).toBe(true);
});

test.each([
  ['text', JSON.stringify({ text: '[,{'.repeat(100_000) })],
  ['text with quotes', JSON.stringify({ text: '"[\\",'.repeat(100_000) })],
])('%s counts as one value, whatever is in it', (_what, json) => {
  expect(has(json, 10)).toBe(false);
});

test('no JSON has more entries than are counted', () => {
  const entries = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Math.max(1, Object.values(value).length) +
        Object.values(value).reduce<number>((sum, inner) => sum + entries(inner), 0)
      : 0;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const count = entries(value);
      expect(has(JSON.stringify(value), count)).toBe(false);
      expect(count === 0 || has(JSON.stringify(value), count - 1)).toBe(true);
    }),
  );
});

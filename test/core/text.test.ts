/** Text that is kept can be kept, and is cut between characters only. */
import fc from 'fast-check';
import {
  allStorable,
  isAllStorable,
  isNestedTooDeeply,
  isStorable,
  jsonText,
  keptLevels,
  shortened,
  storable,
} from '../../src/core/text';
import { anyText } from '../support/builders/any-text';

test.each([
  ['half an emoji, the first', 'sorry \ud83d', 'sorry \ufffd'],
  ['half an emoji, the second', '\ude00 sorry', '\ufffd sorry'],
  ['two halves in the wrong order', '\ude00\ud83d', '\ufffd\ufffd'],
  ['a zero character', 'a\u0000b', 'ab'],
])('%s is not kept as it is', (_what, text, kept) => {
  expect(isStorable(text)).toBe(false);
  expect(storable(text)).toBe(kept);
});

test.each(['plain', '😀', '\u0001\t\n', 'a\u0301', '\ufffe', ''])('%j is kept as it is', (text) => {
  expect(isStorable(text)).toBe(true);
  expect(storable(text)).toBe(text);
});

test('what is made storable is, once and for all, and as Postgres reads it', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const kept = storable(text);
      expect(isStorable(kept)).toBe(true);
      expect(storable(kept)).toBe(kept);
      expect(Buffer.from(kept, 'utf8').toString('utf8')).toBe(kept);
      expect(kept === text).toBe(isStorable(text));
    }),
  );
});

test('keys and values at any depth are part of it', () => {
  const value = { 'k\u0000': [{ deep: '\ud83d' }, null, 1, true] };
  expect(isAllStorable(value)).toBe(false);
  expect(allStorable(value)).toEqual({ k: [{ deep: '\ufffd' }, null, 1, true] });
  expect(isAllStorable(allStorable(value))).toBe(true);
});

test('what is nested deeper than the stack reaches can be told of all the same', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
  expect(jsonText(deep)).toContain('nested too deeply');
  expect(jsonText({ a: 1 })).toBe('{"a":1}');
});

describe('a text that is too long', () => {
  test.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdefg', 6, 'abcde…'],
    ['😀😀😀', 3, '😀😀😀'],
    ['😀😀😀😀', 3, '😀😀…'],
    ['x😀', 2, 'x😀'],
  ])('%s has %i characters as %s', (text, charactersMax, short) => {
    expect(shortened(text, charactersMax)).toBe(short);
  });

  test('is cut between characters, never within one', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 300 }), (text, charactersMax) => {
        const short = shortened(text, charactersMax);
        expect([...short].length).toBeLessThanOrEqual(charactersMax);
        if (isStorable(text)) expect(isStorable(short)).toBe(true);
      }),
    );
  });
});

describe('a JSON value of many levels', () => {
  const nested = (levels: number): unknown =>
    levels === 0 ? 1 : levels % 2 === 0 ? [nested(levels - 1)] : { a: nested(levels - 1) };

  test('is kept as it is up to a hundred of them', () => {
    expect(isNestedTooDeeply(nested(100))).toBe(false);
    expect(keptLevels(nested(100))).toEqual(nested(100));
    expect(isNestedTooDeeply(nested(101))).toBe(true);
  });

  test('has a remark in the place of what lies deeper', () => {
    const remark = 'nested too deeply to be shown';
    const text = JSON.stringify(nested(101));
    const kept = text.replace('{"a":1}', JSON.stringify(remark));
    expect(keptLevels(nested(101))).toEqual(JSON.parse(kept));
    expect(keptLevels({ a: [1, { b: null }], c: 'x' }, 2)).toEqual({ a: [1, remark], c: 'x' });
    expect(keptLevels(null, 0)).toBeNull();
    expect(keptLevels('x', 0)).toBe('x');
  });

  test('is too deep if any of its values is', () => {
    expect(isNestedTooDeeply({ a: 1, b: [[1]] }, 2)).toBe(true);
    expect(isNestedTooDeeply({ a: 1, b: [1] }, 2)).toBe(false);
    expect([isNestedTooDeeply(null, 0), isNestedTooDeeply('x', 0)]).toEqual([false, false]);
  });
});

test.each<[string, unknown, boolean]>([
  ['a text', 'a\u0000', false],
  ['one of several texts', ['plain', 'a\u0000'], false],
  ['one of several values', { a: 'plain', b: 'a\u0000' }, false],
  ['a key', { plain: 1, 'a\u0000': 1 }, false],
  ['what has none', { a: ['plain', 1, null, true, { b: 'plain' }] }, true],
  ['nothing', undefined, true],
])('a value that JSON has is not storable for %s in it: %#', (_what, value, isIt) => {
  expect(isAllStorable(value)).toBe(isIt);
});

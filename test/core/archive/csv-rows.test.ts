/** Goal: whatever is in a row, it comes back out of its line as it was, null and empty apart. */
import fc from 'fast-check';
import { csvLine, csvRows } from '../../../src/core/archive/csv-rows';

const cell = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '\\', '.', ' ', 'a') }),
  ),
);
const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });

test('rows are read as they were written', () => {
  fc.assert(
    fc.property(rows, (all) => {
      expect([...csvRows(all.map(csvLine).join(''))]).toEqual(all);
    }),
  );
});

test('null is nothing at all, and an empty text is quoted, as Postgres has it', () => {
  expect(csvLine([null, '', 'a"b', 'c,d'])).toBe(',"","a""b","c,d"\n');
});

test.each(['a,b', 'a,"b\n', 'a,b"c\n', '"a"b\n'])('%j is no whole line, and is refused', (text) => {
  expect(() => [...csvRows(text)]).toThrow(/CSV/);
});

test('a text that ends after a comma is a line too few', () => {
  expect(() => [...csvRows('a,')]).toThrow('the CSV ends within a line');
});

test('where a line is none, the next forty characters are shown', () => {
  const text = `a,b\nc,"${'d'.repeat(60)}`;
  expect(() => [...csvRows(text)]).toThrow(`no CSV at 6: "\\"${'d'.repeat(39)}"`);
});

test('a text of megabytes, with many quotes, is read', () => {
  const long = '"x'.repeat(2_000_000);
  expect([...csvRows(csvLine([long, null]))]).toEqual([[long, null]]);
});

/** CSV that every reader takes alike, and no spreadsheet runs. */
import { csvOf } from '../../../src/api/http/csv';

test('rows end as RFC 4180 has it, and nothing is an empty cell', () => {
  expect(csvOf(['a', 'b'], [['x', null]])).toBe('a,b\r\nx,\r\n');
});

test.each([
  ['a comma', 'a,b', '"a,b"'],
  ['a quotation mark', 'say "so"', '"say ""so"""'],
  ['a line break', 'a\nb', '"a\nb"'],
  ['what would be a formula', '=1+1', "'=1+1"],
  ['what would be a command', '@sum', "'@sum"],
  ['a dash before text', '-1 day', "'-1 day"],
  ['a formula with a comma', '=a,b', `"'=a,b"`],
])('%s in a text: %s', (_what, text, cell) => {
  expect(csvOf(['a'], [[text]])).toBe(`a\r\n${cell}\r\n`);
});

test('a negative amount stays a number', () => {
  expect(csvOf(['a'], [[-1_700]])).toBe('a\r\n-1700\r\n');
});

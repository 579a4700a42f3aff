/** Goal: a table that a command prints fits the terminal. */
import { plainTable } from '../../../src/cli/operator/operator';

describe('a table', () => {
  const table = (columns?: number) =>
    plainTable(
      ['customer', 'tokens'],
      [
        ['ada', '1,230,000'],
        ['bo', '0'],
      ],
      1,
      columns,
    );
  const widest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length));

  test('has a frame where there is room, and in a pipe', () => {
    expect(table(80)).toContain('│ ada      │ 1,230,000 │');
    expect(table()).toBe(table(80));
  });

  test('has none where the frame alone is too wide', () => {
    expect(table(20).split('\n')).toEqual([
      'customer     tokens',
      'ada       1,230,000',
      'bo                0',
    ]);
  });

  test('is a list of names and values where even that is too wide', () => {
    expect(table(18)).toBe('\ncustomer  ada\ntokens    1,230,000\n\ncustomer  bo\ntokens    0\n');
    expect(widest(table(18))).toBeLessThanOrEqual(19);
  });
});

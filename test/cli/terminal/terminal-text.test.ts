/** What comes from outside can not move an operator's cursor, nor write lines of ours. */
import { plainList, plainTable, print } from '../../../src/cli/operator/operator';
import { forTerminal, lineForTerminal } from '../../../src/cli/terminal/terminal-text';

const HOSTILE = 'Ada\u001b[2J\u001b]0;owned\u0007\rroot\u202etxt\u009b31m\u2066x';
const ACTS = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

test('what a terminal would act on is shown as JSON writes it', () => {
  expect(forTerminal(HOSTILE)).toBe(
    'Ada\\u001b[2J\\u001b]0;owned\\u0007\\u000droot\\u202etxt\\u009b31m\\u2066x',
  );
  expect(forTerminal('a\tb\nc é 😀 שלום')).toBe('a\tb\nc é 😀 שלום');
});

test('JSON stays the JSON that it was', () => {
  const json = JSON.stringify({ name: HOSTILE });
  expect(forTerminal(json)).not.toMatch(ACTS);
  expect(JSON.parse(forTerminal(json))).toEqual({ name: HOSTILE });
});

test('a name has one line, whatever is in it', () => {
  const name = 'Ada\nplan  enterprise\u2028x';
  expect(lineForTerminal(name)).toBe('Ada\\u000aplan  enterprise\\u2028x');
  expect(plainList([['name', name]]).split('\n')).toHaveLength(1);
  expect(plainTable(['name'], [[name]], 1, 10)).not.toContain('\nplan');
});

test.each([true, false])('a command prints none of it (as JSON: %s)', (json) => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  print({ name: HOSTILE }, ({ name }) => name, { json });
  expect(log.mock.calls.flat().join('')).not.toMatch(ACTS);
  log.mockRestore();
});

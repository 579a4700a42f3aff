/** Goal: what commands print fits the terminal, and what they refuse is told in a sentence. */
import { confirmation } from '../../src/cli/confirmation';
import { plainTable } from '../../src/cli/operator';
import { failureText } from '../../src/command-failure';
import { CommandRefused } from '../../src/command-refused';
import { DomainError } from '../../src/core/errors';

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

describe('what changes money', () => {
  const told = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  beforeEach(() => told.mockClear());
  afterAll(() => told.mockRestore());

  test('is refused without a terminal, after saying what would be done', async () => {
    await expect(confirmation({})('bo: $70.00 due now')).rejects.toThrow('Repeat it with --yes');
    expect(told.mock.calls).toEqual([['bo: $70.00 due now']]);
  });

  test('is told and done with --yes', async () => {
    expect(await confirmation({ yes: true })('bo: $70.00 due now')).toBe(true);
    expect(told.mock.calls).toEqual([['bo: $70.00 due now']]);
  });
});

describe('a failure', () => {
  const coded = (message: string, code: string) => Object.assign(new Error(message), { code });
  const named = (message: string, name: string) => Object.assign(new Error(message), { name });

  test.each([
    [new DomainError('vendor_not_found', 'There is no vendor "x".'), 'There is no vendor "x".'],
    [new CommandRefused('--until is "x".'), '--until is "x".'],
    [
      coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'),
      "Postgres can't be reached (DATABASE_URL): connect ECONNREFUSED 127.0.0.1:1.",
    ],
    [
      coded('database "x" does not exist', '3D000'),
      'Postgres does not let us in (DATABASE_URL): database "x" does not exist.',
    ],
    [
      coded('relation "customers" does not exist', '42P01'),
      'The database lacks a table: run tollkeeper migrate. ' +
        '(relation "customers" does not exist)',
    ],
    [
      named('14 UNAVAILABLE: no connection', 'ServiceError'),
      "Temporal can't be reached (TEMPORAL_ADDRESS): 14 UNAVAILABLE: no connection.",
    ],
  ])('of what the operator can mend is a sentence: %s', (error, text) => {
    expect(failureText(error)).toBe(text);
  });

  test('of ours has a stack trace', () => {
    expect(failureText(new TypeError('x is undefined'))).toMatch(/TypeError: x[^]*at /);
  });
});

/** Goal: what an operator can mend is told in a sentence, and our own faults with their place. */
import { failureText } from '../../../src/cli/terminal/failure-text';
import { CommandRefused } from '../../../src/cli/terminal/refused';
import { DomainError } from '../../../src/core/errors';

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

/** What our database refuses however often it is asked, as against an outage. */

/** SQLSTATE 22: can't be held (text that jsonb refuses, a number too large); 23: a constraint. */
const UNSTORABLE = /^2[23][0-9A-Z]{3}$/;

export const isUnstorableCode = (code: unknown): code is string =>
  typeof code === 'string' && UNSTORABLE.test(code);

/** A value may also be refused by the database's own functions, such as an infinite time. */
const NOT_SUPPORTED = '0A000';

export const isUnstorable = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && isRefusedCode(error.code);

const isRefusedCode = (code: unknown): boolean => code === NOT_SUPPORTED || isUnstorableCode(code);

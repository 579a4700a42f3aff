/**
 * Postgres array literals. Written by hand because a group commit sends a dozen arrays at a time,
 * and the driver's general encoder is the dearest part of that.
 */

/** It looks like `{1,2,3}`. */
export const numberArray = (values: readonly number[]): string => `{${values.join(',')}}`;

/** It looks like `{"a","b",NULL}`. */
export function textArray(values: readonly (string | null)[]): string {
  const elements = values.map((value) => (value === null ? 'NULL' : `"${escape(value)}"`));
  return `{${elements.join(',')}}`;
}

const SPECIAL = /["\\]/;
const EVERY_SPECIAL = /["\\]/g;

const escape = (value: string): string =>
  SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, '\\$&') : value;

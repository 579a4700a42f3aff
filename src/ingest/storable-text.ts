/** Text that an API keeps: the one rule for every string of a request that goes anywhere. */
import { z } from 'zod';
import { isAllStorable, isStorable } from '../core/text';

/** So long is what a usage event names, in code units. */
export const NAME_LENGTH_MAX = 200;
/** Metadata is as long as its JSON. */
export const METADATA_BYTES_MAX = 4_096;

const WITHOUT_ZERO = /^[^\u0000]*$/;
const expectation = 'expected well-formed Unicode without the zero character (U+0000)';

/**
 * Surrounding blanks are dropped before the length, of code units, is looked at. The patterns are
 * what the OpenAPI document can tell of it; half a pair of code units is no text to many readers.
 */
export const storableText = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(lengthMax)
    .regex(/\S/, 'expected more than blanks')
    .regex(WITHOUT_ZERO, expectation)
    .refine(isStorable, { error: expectation });

/** It stays as it is sent, blanks included: ids are others' to make. */
export const storableId = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(WITHOUT_ZERO, expectation)
    .refine(isStorable, { error: expectation });

/**
 * It is small enough, and without the characters that would make the database refuse the statement.
 */
export function isStorableJson(value: unknown): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value)) <= METADATA_BYTES_MAX && isAllStorable(value);
  } catch {
    // Nested deeper than the stack reaches.
    return false;
  }
}

/** An address that mail reaches: before the @ are 64 characters at most (RFC 5321). */
export const emailSchema = z
  .email()
  .max(512)
  .regex(/^[^@]{1,64}@/, 'expected at most 64 characters before the @');

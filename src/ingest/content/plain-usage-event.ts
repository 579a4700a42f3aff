/**
 * What nearly every usage event is: told to be right without the schema, whose copies and contexts
 * are most of what a full API has to clear away. Whatever is not seen here to be right, the schema
 * judges; nothing is refused here.
 */
import { isStorableJson, NAME_LENGTH_MAX } from '../storable-text';
import type { UsageEvent } from '../../core/usage/usage';
import { TOKENS_PER_COUNT_MAX, TOKEN_TYPES } from '../../core/usage/usage';

const PLAIN_NAME = new RegExp(`^[\\x20-\\x7e]{1,${NAME_LENGTH_MAX}}$`);
/** Any year has these days. */
const DAY = [
  String.raw`(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])`,
  '(?:0[13-9]|1[0-2])-(?:29|30)',
  '(?:0[13578]|1[02])-31',
].join('|');
const CLOCK = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?`;
const PLAIN_TIME = new RegExp(`^20\\d\\d-(?:${DAY})T${CLOCK}Z$`);
const TYPES: ReadonlySet<string> = new Set(TOKEN_TYPES);

/** JSON is what is asked about, parsed. False: it may be right all the same. */
export function isPlainUsageEvent(value: unknown): value is UsageEvent {
  if (!isPlainObject(value)) return false;
  let names = 0;
  let hasTokens = false;
  for (const field in value) {
    const inner = value[field];
    if (field === 'id' || field === 'customer' || field === 'model') {
      if (!isPlainName(inner)) return false;
      names += 1;
    } else if (field === 'tokens') {
      if (!isPlainTokens(inner)) return false;
      hasTokens = true;
    } else if (!isPlainMore(field, inner)) return false;
  }
  return hasTokens && names === 3;
}

function isPlainMore(field: string, value: unknown): boolean {
  if (field === 'occurredAt') return typeof value === 'string' && PLAIN_TIME.test(value);
  if (field === 'vendor') return isPlainName(value);
  return field === 'metadata' && isPlainObject(value) && isStorableJson(value);
}

function isPlainTokens(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  let types = 0;
  for (const type in value) {
    const count = value[type];
    if (!TYPES.has(type) || typeof count !== 'number' || !Number.isInteger(count)) return false;
    if (count < 0 || count > TOKENS_PER_COUNT_MAX) return false;
    types += 1;
  }
  return types > 0;
}

const isPlainName = (value: unknown): boolean =>
  typeof value === 'string' && PLAIN_NAME.test(value);

/** JSON may have a member of that name, which is the object's own and not what it is made of. */
const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !Object.hasOwn(value, '__proto__');

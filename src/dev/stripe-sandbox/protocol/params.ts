/** Parameter checks: a route lists what it takes, everything else is `parameter_unknown`. */
import Decimal from 'decimal.js';
import { invalid } from './fault';
import type { Form } from './form';

export type Check<T> = (value: string | Form, path: string) => T;
export type Fields = Record<string, Check<unknown>>;
export type Parsed<F extends Fields> = { [K in keyof F]?: ReturnType<F[K]> };

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

function wrong(path: string, expectation: string, value: unknown): Error {
  const excerpt = typeof value === 'string' ? `'${value}'` : 'an object';
  return invalid(`Invalid ${path}: expected ${expectation}, got ${excerpt}.`, {
    code: expectation === 'an integer' ? 'parameter_invalid_integer' : undefined,
    param: path,
  });
}

export const text: Check<string> = (value, path) => {
  if (typeof value !== 'string') throw wrong(path, 'a string', value);
  if (value.length > 5000)
    throw invalid(`${path} is longer than 5000 characters.`, { param: path });
  return value;
};

export const filled: Check<string> = (value, path) => {
  if (text(value, path) !== '') return value as string;
  throw invalid(
    `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a ` +
      `parameter; however '${path}' cannot be unset.`,
    { code: 'parameter_invalid_empty', param: path },
  );
};

export const webUrl: Check<string> = (value, path) => {
  if (/^https?:\/\/\S+$/.test(filled(value, path))) return value as string;
  throw wrong(path, 'a URL that begins with http:// or https://', value);
};

export const integer: Check<number> = (value, path) => {
  if (typeof value !== 'string' || !/^-?\d{1,15}$/.test(value))
    throw wrong(path, 'an integer', value);
  return Number(value);
};

export const positive: Check<number> = (value, path) => {
  const number = integer(value, path);
  if (number < 0) throw wrong(path, 'an integer of at least 0', value);
  return number;
};

/** RFC 3339, as API v2 has it; the answer is in Unix seconds. */
export const time: Check<number> = (value, path) => {
  const ms = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(ms)) throw wrong(path, 'a time as RFC 3339 has it', value);
  return Math.floor(ms / 1000);
};

export const bool: Check<boolean> = (value, path) => {
  if (value !== 'true' && value !== 'false') throw wrong(path, 'true or false', value);
  return value === 'true';
};

/** A decimal string with at most 12 decimals, kept as written. */
export const decimal: Check<string> = (value, path) => {
  if (typeof value !== 'string' || !/^-?\d{1,18}(\.\d{1,12})?$/.test(value))
    throw wrong(path, 'a decimal with at most 12 decimal places', value);
  return new Decimal(value).toFixed();
};

export const anything: Check<string | Form> = (value) => value;

export function oneOf<const T extends string>(...choices: T[]): Check<T> {
  return (value, path) => {
    const match = choices.find((choice) => choice === value);
    if (match === undefined) throw wrong(path, `one of ${choices.join(', ')}`, value);
    return match;
  };
}

/** An empty string unsets. */
export function unsettable<T>(check: Check<T>): Check<T | null> {
  return (value, path) => (value === '' ? null : check(value, path));
}

export function either<A, B>(firstCheck: Check<A>, secondCheck: Check<B>): Check<A | B> {
  return (value, path) => {
    try {
      return firstCheck(value, path);
    } catch {
      return secondCheck(value, path);
    }
  };
}

export function listOf<T>(check: Check<T>): Check<T[]> {
  return (value, path) => {
    if (value === '') return [];
    if (typeof value === 'string') throw wrong(path, 'an array', value);
    return Object.entries(value).map(([index, item]) => check(item, `${path}[${index}]`));
  };
}

export function object<F extends Fields>(
  fields: F,
  requiredNames: readonly (keyof F & string)[] = [],
): Check<Parsed<F>> {
  return (value, path) => {
    if (typeof value === 'string') throw wrong(path, 'an object', value);
    return checkFields(value, fields, requiredNames, path);
  };
}

export const map: Check<Record<string, string>> = (value, path) => {
  if (value === '') return {};
  if (typeof value === 'string') throw wrong(path, 'an object', value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, text(item, `${path}[${key}]`)]),
  );
};

/** Null means "unset all". */
export const metadata: Check<Record<string, string> | null> = (value, path) => {
  if (value === '') return null;
  const entries = map(value, path);
  for (const [key, item] of Object.entries(entries)) {
    if (key.length > 40 || item.length > 500)
      throw invalid(`Metadata '${key}': at most 40 characters a key and 500 a value.`, {
        param: path,
      });
  }
  return entries;
};

const range = object({ gt: integer, gte: integer, lt: integer, lte: integer });
export const created: Check<{ gt?: number; gte?: number; lt?: number; lte?: number }> = (
  v,
  path,
) => (typeof v === 'string' ? { gte: integer(v, path), lte: integer(v, path) } : range(v, path));

export const EXPAND: Fields = { expand: listOf(text) };
export const PAGE = {
  limit: positive,
  starting_after: text,
  ending_before: text,
  created,
} satisfies Fields;

export function checkFields<F extends Fields>(
  form: Form,
  fields: F,
  requiredNames: readonly string[] = [],
  path = '',
): Parsed<F> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(form)) {
    const fullName = path === '' ? name : `${path}[${name}]`;
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!check) {
      throw invalid(`Received unknown parameter: ${fullName}`, {
        code: 'parameter_unknown',
        param: fullName,
      });
    }
    values[name] = check(value, fullName);
  }
  for (const name of requiredNames) {
    if (values[name] !== undefined) continue;
    const fullName = path === '' ? name : `${path}[${name}]`;
    throw invalid(`Missing required param: ${fullName}.`, {
      code: 'parameter_missing',
      param: fullName,
    });
  }
  return values as Parsed<F>;
}

/** Stripe's merge: named keys are set, an empty value removes its key, null removes all. */
export function mergeMetadata(
  metadata: Record<string, string>,
  update: Record<string, string> | null | undefined,
): Record<string, string> {
  if (update === undefined) return metadata;
  if (update === null) return {};
  const mergedMetadata = { ...metadata, ...update };
  return Object.fromEntries(Object.entries(mergedMetadata).filter(([, value]) => value !== ''));
}

/**
 * Text that is kept is well-formed Unicode without the zero character. Postgres' text and jsonb
 * hold nothing else, and one value that they refuse stops whatever it is part of.
 */

const HALF_PAIR = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const UNSTORABLE = new RegExp(`\\u0000|${HALF_PAIR}`);
const EVERY_ZERO = /\u0000/g;
const EVERY_HALF_PAIR = new RegExp(HALF_PAIR, 'g');
const REPLACEMENT = '\ufffd';

export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/**
 * Tells it of every text in it, keys included. Throws a RangeError where it is nested too deeply.
 */
export function isAllStorable(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (Array.isArray(value)) return value.every(isAllStorable);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isAllStorable(inner));
}

/** Keeps as much of the text as it can: halves of pairs are replaced, zero characters left out. */
export const storable = (text: string): string =>
  isStorable(text) ? text : text.replace(EVERY_ZERO, '').replace(EVERY_HALF_PAIR, REPLACEMENT);

/** Does the same to every text in a JSON value, keys included. */
export function allStorable(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(allStorable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [storable(key), allStorable(inner)]),
  );
}

/** What `jsonText` says of a value that it can't say more of. */
export const NESTED_TOO_DEEPLY = '"nested too deeply to be shown"';

/** Stripe's own objects have fewer levels; Postgres' parser of JSON ends at some thousands. */
const LEVELS_KEPT_MAX = 100;

/** Whether a JSON value has more levels than are kept, however many they are. */
export function isNestedTooDeeply(value: unknown, levels = LEVELS_KEPT_MAX): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isNestedTooDeeply(inner, levels - 1));
}

/** The levels of a JSON value that are kept; what lies deeper is replaced by a remark. */
export function keptLevels(value: unknown, levels = LEVELS_KEPT_MAX): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return JSON.parse(NESTED_TOO_DEEPLY) as string;
  if (Array.isArray(value)) return value.map((inner) => keptLevels(inner, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, keptLevels(inner, levels - 1)]),
  );
}

/** JSON of what came from outside, and may be nested deeper than the stack reaches. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return NESTED_TOO_DEEPLY;
  }
}

/**
 * Keeps so many characters (code points) at most, the last an ellipsis where something is left out:
 * a pair is never cut in two.
 */
export function shortened(text: string, charactersMax: number): string {
  // There are at least half as many code points as code units.
  if (text.length <= charactersMax) return text;
  const characters: string[] = [];
  for (const character of text) {
    if (characters.length === charactersMax)
      return `${characters.slice(0, charactersMax - 1).join('')}…`;
    characters.push(character);
  }
  return text;
}

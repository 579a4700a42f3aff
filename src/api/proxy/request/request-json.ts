/**
 * The body of a call that is metered: one JSON object in UTF-8, which every provider reads as we
 * do. What one of them could read in another way would pass unmetered, and is refused.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '../../../core/errors';
import { isStorable } from '../../../core/text';
import { endOfString } from '../../../sdk/json-member';

export class UnreadableBody extends DomainError {
  constructor(reason: string) {
    super(
      'invalid_request',
      `The body can't be metered: ${reason}. Send one JSON object in UTF-8, or an upload, each name once.`,
    );
  }
}

export interface RequestJson {
  /** The body as it came. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request that has none. */
export const NO_BODY: RequestJson = { text: '', body: {} };

const LEVELS_MAX = 500;
const MODEL_MAX = 200;
/** Some providers take names in any case; what is metered goes by these. */
const METERED_NAMES = [
  ...['model', 'stream', 'stream_options', 'background', 'include_usage'],
  ...['previous_response_id', 'conversation'],
];

/** Throws `UnreadableBody`. */
export function readRequestJson(bytes: Buffer, headers: IncomingHttpHeaders): RequestJson {
  requireJsonType(headers['content-type']);
  const text = decoded(bytes);
  const body = parsed(text);
  requireNamesOnce(text);
  requireKinds(body);
  return { text, body };
}

/** A body without a type, and one that is called text, is read as JSON or not at all. */
function requireJsonType(contentType: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? 'application/json').toLowerCase().split(';');
  const isJson = /^(application\/([\w.+-]+\+)?json|text\/plain)$/.test(type.trim());
  if (!isJson) throw new UnreadableBody(`its Content-Type is ${type.trim()}`);
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw new UnreadableBody(`its Content-Type has ${charset}`);
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UnreadableBody('it is not UTF-8');
  }
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Among them NaN, Infinity and a byte order mark, which Python's reader takes.
    throw new UnreadableBody('it is not JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UnreadableBody('it is not an object');
}

function requireNamesOnce(text: string): void {
  const places = new Set<string>();
  for (const { within, name } of memberNames(text)) {
    const lower = name.toLowerCase();
    const isMetered = METERED_NAMES.includes(lower) && ['', 'stream_options'].includes(within);
    if (isMetered && lower !== name) throw new UnreadableBody(`it has ${JSON.stringify(name)}`);
    const place = JSON.stringify([within, name]);
    if (places.has(place)) throw new UnreadableBody(`it has ${JSON.stringify(name)} twice`);
    places.add(place);
  }
}

/** The same for all objects, however deep. Throws `UnreadableBody`. `text` is valid JSON. */
export function requireNamesOnceAnywhere(text: string): void {
  const names: (Set<string> | undefined)[] = [];
  let awaitsName = false;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '"') {
      const end = endOfString(text, index);
      const name = text.slice(index, end + 1);
      if (awaitsName) requireNew(names.at(-1), name);
      awaitsName = false;
      index = end;
    } else if (sign === '{' || sign === '[') {
      names.push(sign === '{' ? new Set() : undefined);
      if (names.length > LEVELS_MAX) throw new UnreadableBody('it is nested too deeply');
      awaitsName = sign === '{';
    } else if (sign === '}' || sign === ']') {
      names.pop();
      awaitsName = false;
    } else if (sign === ',') awaitsName = names.at(-1) !== undefined;
  }
}

function requireNew(names: Set<string> | undefined, text: string): void {
  const name = JSON.parse(text) as string;
  if (names?.has(name)) throw new UnreadableBody(`it has ${JSON.stringify(name)} twice`);
  names?.add(name);
}

interface MemberName {
  /** The member of the body in whose object it is; empty: it is the body's own. */
  readonly within: string;
  readonly name: string;
}

/** The names of the body's members, and of the members of objects in it. `text` is valid JSON. */
function* memberNames(text: string): Generator<MemberName> {
  const levels: ('object' | 'array')[] = [];
  let awaitsName = false;
  let within = '';
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '"') {
      const end = endOfString(text, index);
      if (awaitsName && levels.length <= 2 && levels[0] === 'object') {
        const name = JSON.parse(text.slice(index, end + 1)) as string;
        yield { within: levels.length === 1 ? '' : within, name };
        if (levels.length === 1) within = name;
      }
      awaitsName = false;
      index = end;
    } else if (sign === '{' || sign === '[') {
      levels.push(sign === '{' ? 'object' : 'array');
      if (levels.length > LEVELS_MAX) throw new UnreadableBody('it is nested too deeply');
      awaitsName = sign === '{';
    } else if (sign === '}' || sign === ']') {
      levels.pop();
      awaitsName = false;
    } else if (sign === ',') awaitsName = levels.at(-1) === 'object';
  }
}

/** Providers take "true" and 1 for true where they are lenient: we would not. */
function requireKinds(body: Readonly<Record<string, unknown>>): void {
  for (const name of ['stream', 'background'] as const)
    requireKind(name, body[name], typeof body[name] === 'boolean');
  const options = body.stream_options;
  const isObject = typeof options === 'object' && !Array.isArray(options);
  requireKind('stream_options', options, isObject);
  const includeUsage = (options as { include_usage?: unknown } | null | undefined)?.include_usage;
  requireKind('include_usage', includeUsage, typeof includeUsage === 'boolean');
  const { model } = body;
  const isName = typeof model === 'string' && model.length <= MODEL_MAX && isStorable(model);
  requireKind('model', model, isName && !/\p{Cc}/u.test(model));
}

function requireKind(name: string, value: unknown, isRight: boolean): void {
  if (value === undefined || value === null || isRight) return;
  throw new UnreadableBody(`${name} is not what it should be`);
}

/**
 * The headers of a part of an upload, by one reading: what some readers take otherwise (a name
 * twice, folded, escaped, in another case) is refused.
 */
import { UnreadableBody } from './request-json';

/** A part has fewer. */
const HEADERS_MAX = 20;
/** They decide what is metered; of any other part the name is all the same. */
const METERED_NAMES = ['model'];
const PLAIN_TYPE = /^text\/plain(?:;\s*charset="?utf-8"?)?$/i;

export interface Part {
  readonly isModel: boolean;
}

export interface PartHeaders {
  take(line: string): void;
  /** Once the empty line has come. */
  part(): Part;
}

/** Both throw `UnreadableBody`. */
export function createPartHeaders(): PartHeaders {
  const headers = new Map<string, string>();
  return {
    take: (line) => {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      if (colon < 1 || /[^\w-]/.test(name) || /[\r\n\0]/.test(line))
        throw new UnreadableBody('one of its headers is none');
      if (headers.has(name) || headers.size >= HEADERS_MAX)
        throw new UnreadableBody(`a part of it has ${name} twice, or too many headers`);
      headers.set(name, line.slice(colon + 1).trim());
    },
    part: () => partOf(headers),
  };
}

function partOf(headers: ReadonlyMap<string, string>): Part {
  const disposition = headers.get('content-disposition');
  if (disposition === undefined) throw new UnreadableBody('a part of it has no name');
  const parameters = parametersOf(disposition);
  const name = parameters.get('name');
  if (name === undefined) throw new UnreadableBody('a part of it has no name');
  const isModel = METERED_NAMES.includes(name);
  if (!isModel && METERED_NAMES.includes(plainly(name)))
    throw new UnreadableBody(`it has ${JSON.stringify(name)}`);
  const type = headers.get('content-type') ?? 'text/plain';
  const isPlain = parameters.size === 1 && PLAIN_TYPE.test(type);
  if (isModel && (!isPlain || headers.has('content-transfer-encoding')))
    throw new UnreadableBody('its model is not plain text');
  return { isModel };
}

/** How a lenient reader might take it. */
function plainly(name: string): string {
  try {
    return decodeURIComponent(name).trim().toLowerCase();
  } catch {
    return name.trim().toLowerCase();
  }
}

/** A semicolon within quotes ends nothing; nothing within them is escaped. */
function parametersOf(disposition: string): Map<string, string> {
  if (/\\["\\]/.test(disposition)) throw new UnreadableBody('a name in it is escaped');
  const parameters = new Map<string, string>();
  for (const text of splitOutsideQuotes(disposition).slice(1)) {
    if (text.trim() === '') continue;
    const equals = text.indexOf('=');
    const name = text.slice(0, equals).trim().toLowerCase();
    const value = text.slice(equals + 1).trim();
    const unquoted =
      /^"([^"]*)"$/.exec(value)?.[1] ?? (/^[^\s"]+$/.test(value) ? value : undefined);
    // `name*` has a character set, `name*0` goes on.
    if (equals < 0 || name.startsWith('name*') || parameters.has(name) || unquoted === undefined)
      throw new UnreadableBody('a part of it has no plain name');
    parameters.set(name, unquoted);
  }
  return parameters;
}

function splitOutsideQuotes(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index <= text.length; index += 1) {
    if (text[index] === '"') isQuoted = !isQuoted;
    if (index < text.length && (text[index] !== ';' || isQuoted)) continue;
    pieces.push(text.slice(start, index));
    start = index + 1;
  }
  return pieces;
}

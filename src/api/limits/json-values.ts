/**
 * How much there is in JSON, told before it is parsed: what nests a million times in two megabytes
 * would hold the process up for a quarter of a second.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);

/** Looks at each byte once, and no further than where it is clear. */
export function hasMoreValues(json: Buffer, valuesMax: number): boolean {
  // Each takes a byte at least: nearly all bodies are told by their size.
  if (json.length <= valuesMax) return false;
  let values = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] as number;
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
      continue;
    }
    if (byte === QUOTE) isText = true;
    else if (byte === COMMA || OPENING.has(byte)) values += 1;
    if (values > valuesMax) return true;
  }
  return false;
}

/**
 * How many messages a request of OTLP has in protobuf, told before it is decoded: each takes two
 * bytes and becomes an object of a hundred, and would hold the process up for seconds.
 */

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** Which fields of a message are messages themselves. */
type Shape = { readonly [field: number]: Shape };

const value: { [field: number]: Shape } = {};
const attribute: Shape = { 2: value };
// A list of values, and one of attributes.
Object.assign(value, { 5: { 1: value }, 6: { 1: attribute } });
const scope: Shape = { 3: attribute };
const span: Shape = { 9: attribute, 11: { 3: attribute }, 13: { 4: attribute }, 15: {} };
const REQUEST: Shape = { 1: { 1: { 1: attribute }, 2: { 1: scope, 2: span } } };

interface Part {
  readonly shape: Shape;
  readonly end: number;
}

/** What is no protobuf is left to whoever decodes it. */
export function hasMoreMessages(bytes: Uint8Array, messagesMax: number): boolean {
  const within: Part[] = [{ shape: REQUEST, end: bytes.length }];
  let messages = 0;
  let at = 0;
  const varint = (): number => {
    let number = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at] as number;
      at += 1;
      // Sizes have 32 bits; what is longer is no size, and ends the look.
      if (shift < 32) number += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return number;
    }
    return number;
  };
  while (at < bytes.length) {
    while (at >= (within.at(-1) as Part).end) within.pop();
    const { shape } = within.at(-1) as Part;
    const tag = varint();
    const kind = tag & 7;
    if (kind === VARINT) varint();
    else if (kind === FIXED_64) at += 8;
    else if (kind === FIXED_32) at += 4;
    else if (kind !== BYTES) return false;
    if (kind !== BYTES) continue;
    const size = varint();
    const inner = shape[tag >>> 3];
    if (inner === undefined) {
      at += size;
      continue;
    }
    messages += 1;
    if (messages > messagesMax) return true;
    within.push({ shape: inner, end: Math.min(at + size, (within.at(-1) as Part).end) });
  }
  return false;
}

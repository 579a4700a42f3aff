/**
 * Amazon's binary event stream (`application/vnd.amazon.eventstream`): what its messages say of a
 * model's answer, in the form in which its client shows them.
 */
import { parseObject } from './metered-call';

type Event = Readonly<Record<string, unknown>>;

/** A message begins with the length of all, that of its headers, and a checksum. */
const PRELUDE_BYTES = 12;
/** Another one ends it. */
const CHECKSUM_BYTES = 4;

/** Returns the events that a chunk completes. */
export function amazonEvents(): (chunk: Uint8Array) => Event[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const events: Event[] = [];
    while (rest.length >= PRELUDE_BYTES) {
      const length = rest.readUInt32BE(0);
      // What is no message is not waited for.
      if (length < PRELUDE_BYTES + CHECKSUM_BYTES) rest = Buffer.alloc(0);
      if (rest.length < length) break;
      events.push(eventOf(rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    return events;
  };
}

function eventOf(message: Buffer): Event {
  const headersEnd = PRELUDE_BYTES + message.readUInt32BE(4);
  const headers = message.toString('latin1', PRELUDE_BYTES, headersEnd);
  const text = message.toString('utf8', headersEnd, message.length - CHECKSUM_BYTES);
  const payload = parseObject(text);
  if (headerOf(headers, ':message-type') !== 'event') return { type: 'error', error: payload };
  // A model's own event is wrapped, as text.
  const { bytes } = payload;
  if (typeof bytes === 'string') return parseObject(Buffer.from(bytes, 'base64').toString('utf8'));
  return { [headerOf(headers, ':event-type')]: payload };
}

/** A header is its name, the type of its value (7: a text), two bytes of length, and the value. */
function headerOf(headers: string, name: string): string {
  const start = headers.indexOf(`${name}\u0007`) + name.length + 1;
  const length = headers.charCodeAt(start) * 256 + headers.charCodeAt(start + 1);
  return headers.slice(start + 2, start + 2 + length);
}

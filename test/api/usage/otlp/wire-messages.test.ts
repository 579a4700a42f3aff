/** How many messages a request has is told before it is decoded. */
import fc from 'fast-check';
import { TRACE_REQUEST } from '../../../../src/api/usage/otlp/otlp-proto';
import { hasMoreMessages } from '../../../../src/api/usage/otlp/wire-messages';

const attribute = { key: 'a', value: { arrayValue: { values: [{ stringValue: 'b' }, {}] } } };
/** One resource span, its resource and one scope span, and the spans with their attributes. */
const aRequest = (spans: number, attributes: number) => ({
  resourceSpans: [
    {
      resource: {},
      scopeSpans: [
        {
          spans: Array.from({ length: spans }, () => ({
            attributes: Array.from({ length: attributes }, () => attribute),
          })),
        },
      ],
    },
  ],
});

const encoded = (plain: object) => TRACE_REQUEST.encode(TRACE_REQUEST.create(plain)).finish();

test.each([
  [0, 0, 3],
  [5, 0, 8],
  // An attribute is itself, its value, the list in it, and two values.
  [2, 3, 3 + 2 + 2 * 3 * 5],
])('%i spans with %i attributes are %i messages', (spans, attributes, messages) => {
  const bytes = encoded(aRequest(spans, attributes));
  expect(hasMoreMessages(bytes, messages)).toBe(false);
  expect(hasMoreMessages(bytes, messages - 1)).toBe(true);
});

test('four million empty spans are told at once', () => {
  const spans = Buffer.alloc(8 * 1024 * 1024 - 12);
  for (let at = 0; at < spans.length; at += 2) spans[at] = 0x12;
  const sized = (field: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([field * 8 + 2, ...varint(bytes.length)]), bytes]);
  expect(hasMoreMessages(sized(1, sized(2, spans)), 200_000)).toBe(true);
});

function varint(number: number): number[] {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...varint(number >>> 7)];
}

test('whatever else the bytes are, it comes to an end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(typeof hasMoreMessages(bytes, 50)).toBe('boolean');
    }),
    { numRuns: 2_000 },
  );
});

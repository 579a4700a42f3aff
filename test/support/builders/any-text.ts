/** Any text that JSON can carry: halves of pairs, zero characters, emoji where something is cut. */
import fc from 'fast-check';

const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
const awkward = fc.constantFrom('\ud83d', '\ude00', '\u0000', '😀', 'é', ' ', '"', '\\', 'a');

export const anyText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc.string({ unit: codeUnit, minLength: 1, maxLength: 30 }),
  fc.string({ unit: awkward, minLength: 1, maxLength: 12 }),
  // Around every length at which something is refused or cut.
  fc
    .tuple(fc.constantFrom(1, 40, 78, 79, 80, 199, 200, 201, 255, 256, 499, 500, 4_000), awkward)
    .map(([length, end]) => 'x'.repeat(length) + end),
  fc.integer({ min: 75, max: 260 }).map((length) => '😀'.repeat(length)),
);

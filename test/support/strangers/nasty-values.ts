/** What no honest client sends: text, numbers and shapes that have broken other programs. */
import fc from 'fast-check';

const EMOJI = '\u{1f600}';

/** Ends of ranges, of code units, of calendars; names that objects have; others' syntax. */
const TEXTS: readonly string[] = [
  ...['', ' ', '\t\n', '\u0000', 'a\u0000b', '\ud800', 'a\ud83d', '\udfff\ud800', '\ufeffa'],
  ...['\u202eabc', '\u0007', '\u001b[31m', '\u2028', 'e\u0301', EMOJI, EMOJI.repeat(201)],
  ...['%00', '%', '%zz', '%ED%A0%80', '%2e%2e%2f', '../../etc/passwd', 'a/b', 'a\\b', 'a?b#c'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'undefined'],
  ...['NaN', 'Infinity', '-0', '1e400', '0x10', '\u0663', '\u0967\u0968', '1,5', '1_000'],
  ...["' or 1=1--", '$1', '<script>alert(1)</script>', '=1+1', '{{7*7}}', '\r\nX-Injected: 1'],
  ...['current', 'previous', '2026-01-01', '2026-02-30T00:00:00Z', '2026-06-30T23:59:60Z'],
  ...['2026-01-01T00:00:00+14:00', '2026-01-01T00:00:00-23:59', '2026-01-01T00:00:00'],
  ...['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', '-000001-01-01'],
  ...['a'.repeat(256), 'a'.repeat(5_000), `${'a'.repeat(64)}@example.com`, 'a@b', 'Ada', 'ada '],
];

export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('ada', 'a', ''), fc.constantFrom(...TEXTS))
      .map(([a, b]) => a + b),
  },
);

export const nastyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, -1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 2 ** 63, 1e21, 1e308),
  fc.constantFrom(5e-324, 253402300800, 8640000000001, -62135596801, 0.1 + 0.2),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const nestedValue = (depth: number, leaf: unknown, asObject: boolean): unknown => {
  let value = leaf;
  for (let level = 0; level < depth; level += 1) value = asObject ? { a: value } : [value];
  return value;
};

/** Deep enough for a stack that is not looked after, and no deeper than it can be written. */
const deepValue: fc.Arbitrary<unknown> = fc
  .tuple(fc.constantFrom(3, 40, 900), fc.boolean())
  .map(([depth, asObject]) => nestedValue(depth, 1, asObject));

export const nastyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: nastyText },
  { weight: 3, arbitrary: nastyNumber },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]]) },
  { weight: 1, arbitrary: deepValue },
  { weight: 1, arbitrary: fc.dictionary(nastyText, nastyText, { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.array(nastyNumber, { maxLength: 3 }) },
);

/** Turns a JSON text into one that is hardly one, or that readers take in several ways. */
export const textChange: fc.Arbitrary<(text: string) => string> = fc
  .tuple(
    fc.constantFrom(
      ...([
        'cut',
        'twice',
        'bom',
        'key twice',
        'proto',
        'number',
        'deep',
        'comma',
        'escape',
      ] as const),
    ),
    fc.nat({ max: 1_000 }),
  )
  .map(([how, at]) => (text: string) => {
    const place = text.length === 0 ? 0 : at % text.length;
    const changes: Readonly<Record<typeof how, () => string>> = {
      cut: () => text.slice(0, place),
      twice: () => text + text,
      bom: () => `\ufeff${text}`,
      'key twice': () => text.replace(/\{("[^"]*"):([^,{}[\]]*)/, '{$1:$2,$1:null'),
      proto: () => text.replace('{', '{"__proto__":{"admin":true},"constructor":{"prototype":1},'),
      number: () => text.replace(/:-?\d[\d.e+-]*/, `:${['1e999', '-1e999', 'NaN', '01'][at % 4]}`),
      deep: () => text.replace(/:("[^"]*"|[\d.]+)/, `:${'['.repeat(30_000)}${']'.repeat(30_000)}`),
      comma: () => text.replace(/[}\]]$/, ',$&'),
      escape: () => text.replace(/:"/, ':"\\ud800\\u0000'),
    };
    return changes[how]();
  });

/** Half an emoji can't be written into a URL: it becomes the sign for what can't be read. */
export const inUrl = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

/** Once in so many and one: null otherwise. */
export const rarely = <T>(arbitrary: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: times, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

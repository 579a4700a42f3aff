/** What is told of a usage event without the schema is what the schema says. */
import fc from 'fast-check';
import { isPlainUsageEvent } from '../../../src/ingest/content/plain-usage-event';
import { usageEventSchema } from '../../../src/ingest/usage-event-schema';

const USUAL = {
  id: 'call-1',
  customer: 'ada',
  model: 'gpt-4o-mini',
  tokens: { input: 1_200, output: 350 },
  occurredAt: '2026-11-30T16:42:46.512Z',
  vendor: 'acme',
  metadata: { endpoint: 'chat' },
};
type Field = keyof typeof USUAL;

test('what apps usually send is told to be right without the schema', () => {
  const { id, customer, model, tokens: counts } = USUAL;
  const least = { id, customer, model, tokens: counts };
  expect([USUAL, least].map(isPlainUsageEvent)).toEqual([true, true]);
});

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 210 }),
  fc.constantFrom(
    '',
    ' ',
    'ä',
    'x'.repeat(200),
    'x'.repeat(201),
    '\ud800',
    'a\u0000',
    'a\nb',
    '__proto__',
  ),
  fc.constantFrom<unknown>(0, -0, -1, 1.5, 10_000_000_000, 10_000_000_001, null, true, [], {}),
);
const tokens = fc.dictionary(
  fc.constantFrom('input', 'output', 'cacheRead', 'cacheWrite', 'reasoning', 'total', '__proto__'),
  fc.oneof(fc.integer({ min: -1, max: 100 }), odd),
);
const two = (max: number) =>
  fc.integer({ min: 0, max }).map((each) => String(each).padStart(2, '0'));
const time = fc
  .tuple(fc.integer({ min: 1990, max: 2110 }), two(13), two(32), two(25), two(61), two(61), odd)
  .chain(([year, month, day, hour, minute, second, end]) =>
    fc
      .constantFrom('Z', '.5Z', '.123456789Z', '.1234567890Z', '+01:00', '', 'z', String(end))
      .map((zone) => `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`),
  );
const VALUES: Readonly<Record<Field, fc.Arbitrary<unknown>>> = {
  id: odd,
  customer: odd,
  model: odd,
  vendor: odd,
  tokens: fc.oneof(tokens, odd),
  occurredAt: fc.oneof(time, odd),
  metadata: fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue()),
    odd,
    fc.constant('x'.repeat(5_000)),
  ),
};

/** A usual one of which a field is another value, is missing, or is one that nobody knows. */
const events = fc
  .constantFrom(...(Object.keys(USUAL) as Field[]))
  .chain((field) =>
    fc.oneof(
      VALUES[field].map((value) => ({ ...USUAL, [field]: value })),
      fc.constant(Object.fromEntries(Object.entries(USUAL).filter(([name]) => name !== field))),
      fc.string().map((name) => ({ ...USUAL, [name]: 1 })),
    ),
  )
  .map((event) => JSON.parse(JSON.stringify(event)) as unknown);

test('nothing that the schema refuses or changes is told to be right', () => {
  fc.assert(
    fc.property(events, (event) => {
      if (!isPlainUsageEvent(event)) return;
      expect(usageEventSchema.parse(event)).toEqual(event);
    }),
    { numRuns: 3_000 },
  );
});

test.each<[string, unknown]>([
  ['a member called __proto__', JSON.parse('{"__proto__":{"id":"a"},"customer":"ada"}')],
  [
    'metadata with a member called __proto__',
    { ...USUAL, metadata: JSON.parse('{"__proto__":1}') },
  ],
  ['no tokens', { ...USUAL, tokens: {} }],
  ['one token more than a count may have', { ...USUAL, tokens: { input: 10_000_000_001 } }],
  ['less than no token', { ...USUAL, tokens: { input: 5, output: -1 } }],
  ['half a token', { ...USUAL, tokens: { input: 1.5 } }],
  ['a type of token that nobody has', { ...USUAL, tokens: { input: 1, total: 1 } }],
  ['a name with a control character', { ...USUAL, model: 'a\u001f' }],
  ['a name of 201 characters', { ...USUAL, id: 'x'.repeat(201) }],
  ['metadata that is too long', { ...USUAL, metadata: { a: 'x'.repeat(4_096) } }],
  ['metadata that nobody can store', { ...USUAL, metadata: { a: '\u0000' } }],
  ['metadata that is a list', { ...USUAL, metadata: [] }],
  ['an array', []],
  ['null', null],
])('%s is for the schema to judge', (_name, value) => {
  expect(isPlainUsageEvent(value)).toBe(false);
});

test.each(['2026-02-29', '2026-04-31', '2026-11-31', '2026-13-01', '2026-00-10', '2026-01-00'])(
  '%s is no day',
  (day) => {
    expect(isPlainUsageEvent({ ...USUAL, occurredAt: `${day}T00:00:00Z` })).toBe(false);
  },
);

test('every day of every year is told to be right but for the last one of a leap year’s February', () => {
  const days = Array.from({ length: 4 * 365 + 1 }, (_, day) =>
    new Date(Date.UTC(2027, 0, 1 + day)).toISOString(),
  );
  const others = days.filter((occurredAt) => !isPlainUsageEvent({ ...USUAL, occurredAt }));
  expect(others).toEqual(['2028-02-29T00:00:00.000Z']);
});

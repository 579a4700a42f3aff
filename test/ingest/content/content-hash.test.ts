/** What makes two usage events the same, for ever. */
import fc from 'fast-check';
import { contentHash } from '../../../src/ingest/content/content-hash';

const EVENT = {
  id: 'call-1',
  customer: 'a"da\\ä',
  model: 'gpt-4o-mini',
  tokens: { input: 1_200, output: 350 },
};
const TIME = '2026-11-30T16:42:46.512Z';

test('the hash of a content is for ever what it was at its first recording', () => {
  const whole = { ...EVENT, vendor: 'acme', metadata: { b: [1, { d: null }], a: 'ü', 10: -0 } };
  // Taken down from release 0.1.0.
  expect([contentHash(EVENT, TIME), contentHash(EVENT, null), contentHash(whole, TIME)]).toEqual([
    'e2aa7dda354786afb8126e2b5d9080ab',
    '5f517e00a2fd0e74b6bc66723f3a7962',
    '73241ff9cb107e958d13a03cb88ce9e6',
  ]);
});

test('a type of token with none is one that is left out; the id is no content', () => {
  const zeros = { ...EVENT, id: 'other', tokens: { ...EVENT.tokens, cacheRead: 0, reasoning: -0 } };
  expect(contentHash(zeros, TIME)).toBe(contentHash(EVENT, TIME));
});

const metadata = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 });

test('the order in which metadata is written makes no other content', () => {
  fc.assert(
    fc.property(metadata, (written) => {
      const turned = Object.fromEntries(Object.entries(written).reverse());
      const [one, other] = [written, turned].map((each) =>
        contentHash({ ...EVENT, metadata: each }, TIME),
      );
      expect(one).toBe(other);
    }),
  );
});

test.each([
  ['customer', { customer: 'bob' }],
  ['model', { model: 'gpt-4o' }],
  ['tokens', { tokens: { input: 1_200, output: 351 } }],
  ['pool', { tokens: { input: 1_200, reasoning: 350 } }],
  ['vendor', { vendor: 'acme' }],
  ['metadata', { metadata: {} }],
])('another %s is another content', (_name, change) => {
  expect(contentHash({ ...EVENT, ...change }, TIME)).not.toBe(contentHash(EVENT, TIME));
});

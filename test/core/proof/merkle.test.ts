/** Goal: the same usage events have the same root, and any change of one has another. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  addLeaf,
  canonicalUsageEvent,
  EMPTY_FRONTIER,
  merkleRoot,
} from '../../../src/core/proof/merkle';
import type { RecordedUsageEvent } from '../../../src/core/proof/merkle';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const rootOf = (texts: readonly string[]) =>
  merkleRoot(
    texts.reduce((frontier, text) => addLeaf(frontier, text, hash), EMPTY_FRONTIER),
    hash,
  );

/** RFC 6962's definition, from the top down. */
function definition(texts: readonly string[]): string {
  if (texts.length === 0) return hash('empty');
  if (texts.length === 1) return hash(`leaf:${texts[0]}`);
  let half = 1;
  while (half * 2 < texts.length) half *= 2;
  return hash(`node:${definition(texts.slice(0, half))}${definition(texts.slice(half))}`);
}

const anEvent = (overrides: Partial<RecordedUsageEvent> = {}): RecordedUsageEvent => ({
  id: 'one',
  customer: 'ada',
  model: 'gpt-4o-mini',
  vendor: null,
  tokens: ['10', '0', '0', '0', '0'],
  occurredAt: '2026-01-10T12:00:00.000000Z',
  contentHash: '00ff',
  ...overrides,
});

test('event by event it is the tree that RFC 6962 defines', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 70 }), (texts) => {
      expect(rootOf(texts)).toBe(definition(texts));
    }),
  );
});

test('it needs no more than a few dozen hashes of memory', () => {
  const leaves = Array.from({ length: 1_000 }, (_, at) => String(at));
  const frontier = leaves.reduce((so, text) => addLeaf(so, text, hash), EMPTY_FRONTIER);
  expect(frontier).toHaveLength(6); // 1000 = 512 + 256 + 128 + 64 + 32 + 8
});

test.each([
  ['a token more', { tokens: ['11', '0', '0', '0', '0'] }],
  ['another pool', { tokens: ['0', '10', '0', '0', '0'] }],
  ['another model', { model: 'gpt-4o' }],
  ['sold by a vendor', { vendor: 'acme' }],
  ['a microsecond later', { occurredAt: '2026-01-10T12:00:00.000001Z' }],
  ['another content', { contentHash: '00fe' }],
])('%s is another root', (_change, change) => {
  const others = [anEvent({ id: 'two' }), anEvent({ id: 'three' })].map(canonicalUsageEvent);
  const before = rootOf([canonicalUsageEvent(anEvent()), ...others]);
  expect(rootOf([canonicalUsageEvent(anEvent(change)), ...others])).not.toBe(before);
});

test('an event left out, added or moved is another root', () => {
  const root = rootOf(['a', 'b', 'c']);
  const changed = [['a', 'b'], ['a', 'b', 'c', 'd'], ['b', 'a', 'c'], ['a', 'b', 'c', 'c'], []];
  expect(new Set([root, ...changed.map(rootOf)]).size).toBe(changed.length + 1);
});

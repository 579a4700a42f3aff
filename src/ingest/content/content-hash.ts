/** What makes two usage events the same: everything the app said, in one canonical form. */
import { hash } from 'node:crypto';
import type { UsageEvent } from '../../core/usage/usage';
import { TOKEN_TYPES } from '../../core/usage/usage';

/** Half of SHA-256 is enough to tell contents apart, and takes half the space in the ledger. */
const HASH_BYTES = 16;

/**
 * Hexadecimal. A token type with zero tokens counts as left out. `occurredAt` is the app's as the
 * ledger writes it, so that a time counts by its instant; null where the app did not say.
 */
export function contentHash(event: UsageEvent, occurredAt: string | null): string {
  const { tokens, metadata } = event;
  let counts = '';
  for (const type of TOKEN_TYPES) counts += `${counts && ','}${tokens[type] ?? 0}`;
  // JSON, put together by hand: at tens of thousands a second its arrays are seen in a profile.
  const content =
    `[${JSON.stringify(event.customer)},${JSON.stringify(event.model)},[${counts}],` +
    `${JSON.stringify(occurredAt)},${JSON.stringify(event.vendor ?? null)},` +
    `${metadata === undefined ? 'null' : JSON.stringify(canonical(metadata))}]`;
  return hash('sha256', content).slice(0, HASH_BYTES * 2);
}

/** The same value with the keys of every object sorted. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([key], [otherKey]) => (key < otherKey ? -1 : 1));
  // Pairs, because an object would put keys that look like numbers first.
  return { object: entries.map(([key, member]) => [key, canonical(member)]) };
}

/**
 * A Merkle root over usage events: one short value that is the same for the same events, and
 * another as soon as one event is changed, added or left out.
 *
 *   order   the caller's: by `occurredAt`, then by the bytes of `id`
 *   leaf    H("leaf:" + canonicalUsageEvent)
 *   node    H("node:" + left + right), of the hexadecimal hashes
 *   shape   as RFC 6962: a full binary tree of the largest power of two of leaves, and the rest
 *   empty   H("empty")
 *
 * H is SHA-256 in hexadecimal; it is passed in, because src/core has no crypto. Only the roots of
 * complete subtrees are kept, so any number of events needs a few dozen hashes of memory.
 */

export type Hash = (text: string) => string;

/** A usage event as the ledger has it. */
export interface RecordedUsageEvent {
  readonly id: string;
  readonly customer: string;
  readonly model: string;
  readonly vendor: string | null;
  /** Whole tokens as decimal strings: input, output, cacheRead, cacheWrite, reasoning. */
  readonly tokens: readonly string[];
  /** ISO 8601 in UTC with six decimals: Postgres keeps microseconds. */
  readonly occurredAt: string;
  /** Hexadecimal, of all that the app sent, metadata included. */
  readonly contentHash: string;
}

/** A JSON array, so that no two events have the same text. */
export const canonicalUsageEvent = (event: RecordedUsageEvent): string =>
  JSON.stringify([
    event.id,
    event.customer,
    event.model,
    event.vendor,
    event.tokens,
    event.occurredAt,
    event.contentHash,
  ]);

/** Roots of complete subtrees, the largest first; `leaves` of each is a power of two. */
export type MerkleFrontier = readonly { readonly leaves: number; readonly root: string }[];

export const EMPTY_FRONTIER: MerkleFrontier = [];

export function addLeaf(frontier: MerkleFrontier, text: string, hash: Hash): MerkleFrontier {
  const roots = [...frontier];
  let added = { leaves: 1, root: hash(`leaf:${text}`) };
  for (let last = roots.at(-1); last?.leaves === added.leaves; last = roots.at(-1)) {
    roots.pop();
    added = { leaves: 2 * added.leaves, root: hash(`node:${last.root}${added.root}`) };
  }
  return [...roots, added];
}

export function merkleRoot(frontier: MerkleFrontier, hash: Hash): string {
  const roots = frontier.map(({ root }) => root);
  if (roots.length === 0) return hash('empty');
  return roots.reduceRight((rightRoot, leftRoot) => hash(`node:${leftRoot}${rightRoot}`));
}

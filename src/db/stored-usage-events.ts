/** What stands in the ledger under an id. */
import type { Pool } from 'pg';
import { textArray } from './array-literal';
import { keyText } from './usage-events';
import type { EventKey, LedgerRow } from './usage-events';

export interface StoredContent {
  readonly contentHash: string;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
}

const keyArrays = (keys: readonly EventKey[]): string[] => [
  textArray(keys.map(({ customer }) => customer)),
  textArray(keys.map(({ id }) => id)),
];

/** Content hashes (hexadecimal) and times by the text of their key. */
export async function findStoredContents(
  pool: Pool,
  keys: readonly EventKey[],
): Promise<Map<string, StoredContent>> {
  const { rows } = await pool.query<[string, string, string, Date]>({
    name: 'find_stored_contents',
    // Where an id was taken anew, long after, the last is the one that stands.
    text: `
      select customer, id, encode(content_hash, 'hex'), occurred_at
        from unnest($1::text[], $2::text[]) as wanted (customer, id)
        join usage_events using (customer, id)
       order by recorded_at`,
    values: keyArrays(keys),
    rowMode: 'array',
  });
  return new Map(
    rows.map(([customer, id, contentHash, time]) => [
      keyText({ customer, id }),
      { contentHash, occurredAt: time.toISOString() },
    ]),
  );
}

/**
 * Which of the rows, by their places, are not in the ledger with the content that they have.
 * Nothing comes back of those that are, as nearly all of a repeated request are.
 */
export async function findConflicts(
  pool: Pool,
  rows: readonly Pick<LedgerRow, 'id' | 'customer' | 'contentHash'>[],
): Promise<Set<number>> {
  const result = await pool.query<[number]>({
    name: 'find_conflicts',
    text: `
      select (place - 1)::integer
        from unnest($1::text[], $2::text[], $3::text[])
             with ordinality as wanted (customer, id, content_hash, place)
       where decode(wanted.content_hash, 'hex') is distinct from (
               select known.content_hash from usage_events as known
                where known.customer = wanted.customer and known.id = wanted.id
                order by recorded_at desc limit 1)`,
    values: [...keyArrays(rows), textArray(rows.map(({ contentHash }) => contentHash))],
    rowMode: 'array',
  });
  return new Set(result.rows.map(([place]) => place));
}

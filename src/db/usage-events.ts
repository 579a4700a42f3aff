/** The ledger: appending usage events, and looking up what stands under an id. */
import type { Pool } from 'pg';
import { TOKEN_TYPES } from '../core/usage/usage';
import type { TokenType } from '../core/usage/usage';
import { numberArray, textArray } from './array-literal';
import { TOKEN_COLUMNS } from './token-columns';

export interface LedgerRow {
  readonly id: string;
  readonly customer: string;
  readonly model: string;
  readonly vendor: string | null;
  readonly tokens: Readonly<Record<TokenType, number>>;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
  /** JSON text. */
  readonly metadata: string | null;
  /** It is hexadecimal, and equal for equal content. */
  readonly contentHash: string;
  /** The trace of the request, if there is one. It is no content: a repetition has another one. */
  readonly traceparent?: string;
}

const COLUMN_TYPES = [
  ...['text', 'text', 'text', 'text'],
  ...TOKEN_TYPES.map(() => 'bigint'),
  ...['timestamptz', 'jsonb', 'text'],
];
const arrays = (types: readonly string[]): string =>
  types.map((type, index) => `$${index + 1}::${type}[]`).join(', ');

// One statement and nothing else in its transaction: the rows are committed when it returns.
const insert = (moreNames = '', moreTypes: readonly string[] = []): string => `
  insert into usage_events (id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
                            content_hash${moreNames})
  select id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
         decode(content_hash, 'hex')${moreNames}
    from unnest(${arrays([...COLUMN_TYPES, ...moreTypes])})
      as row (id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
              content_hash${moreNames})
  on conflict (id) do nothing
  returning id`;

const INSERT = { name: 'insert_usage_events', text: insert() };
const INSERT_TRACED = {
  name: 'insert_traced_usage_events',
  text: insert(', traceparent', ['text']),
};

/**
 * Appends rows with different ids and answers the ids that are new. Sorted by id, so that two
 * statements with the same ids wait for each other instead of deadlocking.
 */
export async function insertUsageEvents(pool: Pool, rows: readonly LedgerRow[]): Promise<string[]> {
  const sortedRows = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  const texts = (pick: (row: LedgerRow) => string | null) => textArray(sortedRows.map(pick));
  const counts = (type: TokenType) => numberArray(sortedRows.map((row) => row.tokens[type]));
  const isTraced = sortedRows.some(({ traceparent }) => traceparent !== undefined);
  const result = await pool.query<[string]>({
    ...(isTraced ? INSERT_TRACED : INSERT),
    rowMode: 'array',
    values: [
      texts((row) => row.id),
      texts((row) => row.customer),
      texts((row) => row.model),
      texts((row) => row.vendor),
      ...TOKEN_TYPES.map(counts),
      texts((row) => row.occurredAt),
      texts((row) => row.metadata),
      texts((row) => row.contentHash),
      ...(isTraced ? [texts((row) => row.traceparent ?? null)] : []),
    ],
  });
  return result.rows.map(([id]) => id);
}

export interface StoredContent {
  readonly contentHash: string;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
}

/** Content hashes (hexadecimal) and times by id. */
export async function findStoredContents(
  pool: Pool,
  ids: readonly string[],
): Promise<Map<string, StoredContent>> {
  const { rows } = await pool.query<[string, string, Date]>({
    name: 'find_stored_contents',
    text: `select id, encode(content_hash, 'hex'), occurred_at
             from usage_events where id = any($1::text[])`,
    values: [textArray(ids)],
    rowMode: 'array',
  });
  return new Map(
    rows.map(([id, contentHash, time]) => [id, { contentHash, occurredAt: time.toISOString() }]),
  );
}

/** Content hashes (hexadecimal) by id. */
export async function findContentHashes(
  pool: Pool,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<[string, string]>({
    name: 'find_content_hashes',
    text: `select id, encode(content_hash, 'hex') from usage_events where id = any($1::text[])`,
    values: [textArray(ids)],
    rowMode: 'array',
  });
  return new Map(rows);
}

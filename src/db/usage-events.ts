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
  /** The model's name as it was sent, where the catalog calls it by another one. */
  readonly sentModel?: string;
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
  on conflict do nothing
  returning customer, id`;

/** The usual rows have neither: they are spared two columns of each statement. */
const INSERT = { name: 'insert_usage_events', text: insert() };
const INSERT_ALL = {
  name: 'insert_all_of_usage_events',
  text: insert(', traceparent, sent_model', ['text', 'text']),
};

/** What a usage event is known by: two customers' ids have nothing to do with each other. */
export type EventKey = Pick<LedgerRow, 'id' | 'customer'>;

/** The key as one text, for maps: neither part has control characters. */
export const keyText = ({ customer, id }: EventKey): string => `${customer}\n${id}`;

/** Sorted the same by everybody: two statements with the same keys wait, and never deadlock. */
const byKey = (a: EventKey, b: EventKey): number =>
  a.id < b.id || (a.id === b.id && a.customer < b.customer) ? -1 : 1;

/** Appends rows with different keys and answers the texts of the keys that are new. */
export async function insertUsageEvents(pool: Pool, rows: readonly LedgerRow[]): Promise<string[]> {
  const sortedRows = [...rows].sort(byKey);
  const texts = (pick: (row: LedgerRow) => string | null) => textArray(sortedRows.map(pick));
  const counts = (type: TokenType) => numberArray(sortedRows.map((row) => row.tokens[type]));
  const hasMore = sortedRows.some((row) => row.traceparent !== undefined || row.sentModel);
  const result = await pool.query<[string, string]>({
    ...(hasMore ? INSERT_ALL : INSERT),
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
      ...(hasMore
        ? [texts((row) => row.traceparent ?? null), texts((row) => row.sentModel ?? null)]
        : []),
    ],
  });
  return result.rows.map(([customer, id]) => keyText({ customer, id }));
}

export interface StoredContent {
  readonly contentHash: string;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
}

const ofKeys = (columns: string): string => `
  select customer, id, ${columns}
    from unnest($1::text[], $2::text[]) as wanted (customer, id)
    join usage_events using (customer, id)`;

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
    text: ofKeys(`encode(content_hash, 'hex'), occurred_at`),
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

/** Content hashes (hexadecimal) by the text of their key. */
export async function findContentHashes(
  pool: Pool,
  keys: readonly EventKey[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<[string, string, string]>({
    name: 'find_content_hashes',
    text: ofKeys(`encode(content_hash, 'hex')`),
    values: keyArrays(keys),
    rowMode: 'array',
  });
  return new Map(rows.map(([customer, id, hash]) => [keyText({ customer, id }), hash]));
}

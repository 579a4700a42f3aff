/** The ledger: appending usage events, and looking up what stands under an id. */
import { DatabaseError } from 'pg';
import type { Pool, PoolClient } from 'pg';
import { EDGE_MINUTES, isNearEdge, lookBackAt } from '../core/usage/look-back';
import type { LookBack } from '../core/usage/look-back';
import { TOKEN_TYPES } from '../core/usage/usage';
import type { TokenType } from '../core/usage/usage';
import { numberArray, textArray } from './array-literal';
import { inTransaction } from './pool';
import { TOKEN_COLUMNS } from './token-columns';
import { makeUsagePartitions } from './partitions/usage-partitions';

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

/**
 * One statement and nothing else in its transaction: the rows are committed when it returns. A
 * partition knows its own ids, and those of the ones before are looked up row by row. Which these
 * are is written out, so that Postgres looks at no other; the clock that counts is its own.
 */
const insert = (lookBack: LookBack | null, moreNames = '', moreTypes: readonly string[] = []) => `
  with inserted as (
    insert into usage_events (id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
                              content_hash${moreNames})
    select id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
           decode(content_hash, 'hex')${moreNames}
      from unnest(${arrays([...COLUMN_TYPES, ...moreTypes])})
        as row (id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
                content_hash${moreNames})
     ${lookBack ? unknownBefore(lookBack) : ''}
    on conflict do nothing
    returning customer, id)
  select count(*)::integer,
         json_agg(json_build_array(customer, id))
           filter (where (select count(*) from inserted) < cardinality($1::text[]))
    from inserted`;

const unknownBefore = ({ from, to }: LookBack) => `
   where (select true from usage_events as known
           where known.customer = row.customer and known.id = row.id
             and known.recorded_at >= '${from}' and known.recorded_at < '${to}'
             and known.recorded_at < usage_partition_start(now() + interval '${EDGE_MINUTES} minutes')
           limit 1) is null`;

/** The usual rows have neither trace nor other name: they are spared two columns. */
const insertOf = (lookBack: LookBack | null, hasMore: boolean) => {
  const { from = '', to = '' } = lookBack ?? {};
  const name = `${hasMore ? 'all_of_' : ''}usage_events_${from.slice(0, 7)}_${to.slice(0, 7)}`;
  const text = hasMore
    ? insert(lookBack, ', traceparent, sent_model', ['text', 'text'])
    : insert(lookBack);
  return { name: `insert_${name}`, text };
};

/** What a usage event is known by: two customers' ids have nothing to do with each other. */
export type EventKey = Pick<LedgerRow, 'id' | 'customer'>;

/** The key as one text, for maps: neither part has control characters. */
export const keyText = ({ customer, id }: EventKey): string => `${customer}\n${id}`;

/**
 * Sorted the same by everybody: two statements with the same keys wait, and never deadlock. A
 * customer's rows follow each other, as they do in the indexes.
 */
const byKey = (a: EventKey, b: EventKey): number =>
  a.customer < b.customer || (a.customer === b.customer && a.id < b.id) ? -1 : 1;

/** The texts of the keys that are new. */
export type NewKeys = ReadonlySet<string> | 'all';

/** Appends rows with different keys. */
export async function insertUsageEvents(
  pool: Pool,
  rows: readonly LedgerRow[],
  now = new Date(),
): Promise<NewKeys> {
  const sortedRows = [...rows].sort(byKey);
  const insertRows = insertionOf(sortedRows, lookBackAt(now));
  const attempt = (): Promise<NewKeys> =>
    isNearEdge(now)
      ? inTransaction(pool, (client) => takingTurns(client, insertRows))
      : insertRows(pool);
  try {
    return await attempt();
  } catch (error) {
    if (isUndivided(error)) return insertionOf(sortedRows, null)(pool);
    // A ledger that stood still for months, as one that is restored, has no partition for today.
    if (!isWithoutPartition(error)) throw error;
    await makeUsagePartitions(pool);
    return attempt();
  }
}

type InsertRows = (db: Pool | PoolClient) => Promise<NewKeys>;

function insertionOf(rows: readonly LedgerRow[], lookBack: LookBack | null): InsertRows {
  const texts = (pick: (row: LedgerRow) => string | null) => textArray(rows.map(pick));
  const counts = (type: TokenType) => numberArray(rows.map((row) => row.tokens[type]));
  const hasMore = rows.some((row) => row.traceparent !== undefined || row.sentModel);
  const query = {
    ...insertOf(lookBack, hasMore),
    rowMode: 'array' as const,
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
  };
  return async (db) => {
    const result = await db.query<[number, [string, string][] | null]>(query);
    // Which ones they are is asked for where it isn't all or none: nearly never.
    const [count = 0, keys] = result.rows[0] ?? [];
    if (count === rows.length) return 'all';
    return new Set((keys ?? []).map(([customer, id]) => keyText({ customer, id })));
  };
}

const EDGE_LOCK = 7_306_514_003;

/**
 * Two statements at once, one on either side of an edge, don't see each other's ids: near an edge
 * one goes after the other, and sees what that has committed.
 */
async function takingTurns(client: PoolClient, insertRows: InsertRows): Promise<NewKeys> {
  await client.query('select pg_advisory_xact_lock($1)', [EDGE_LOCK]);
  return insertRows(client);
}

/** Migration 0040 has not been there yet: one unique index has all ids. */
const isUndivided = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '42883';

const isWithoutPartition = (error: unknown): boolean =>
  error instanceof DatabaseError &&
  error.code === '23514' &&
  error.message.startsWith('no partition of relation');

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

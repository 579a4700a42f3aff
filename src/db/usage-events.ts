/** The ledger: appending usage events. */
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
const insert = (
  { lookBack, ifThere }: Manner,
  moreNames = '',
  moreTypes: readonly string[] = [],
) => `
  with inserted as (
    insert into usage_events (id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
                              content_hash${moreNames})
    select id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
           decode(content_hash, 'hex')${moreNames}
      from unnest(${arrays([...COLUMN_TYPES, ...moreTypes])})
        as row (id, customer, model, vendor, ${TOKEN_COLUMNS}, occurred_at, metadata,
                content_hash${moreNames})
     ${lookBack ? unknownBefore(lookBack) : ''}
    ${ifThere === 'passed by' ? 'on conflict do nothing' : ''}
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

interface Manner {
  readonly lookBack: LookBack | null;
  /** `fails` is a quarter cheaper: nobody looks for an id before it is written. */
  readonly ifThere: 'passed by' | 'fails';
}

/** The usual rows have neither trace nor other name: they are spared two columns. */
const insertOf = (manner: Manner, hasMore: boolean) => {
  const { from = '', to = '' } = manner.lookBack ?? {};
  const kind = `${manner.ifThere === 'fails' ? 'new_' : ''}${hasMore ? 'all_of_' : ''}`;
  const text = hasMore
    ? insert(manner, ', traceparent, sent_model', ['text', 'text'])
    : insert(manner);
  return { name: `insert_${kind}usage_events_${from.slice(0, 7)}_${to.slice(0, 7)}`, text };
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
  const insertRows = insertionOf(sortedRows);
  const looking: Manner = { lookBack: lookBackAt(now), ifThere: 'passed by' };
  const attempt = async (): Promise<NewKeys> => {
    if (isNearEdge(now))
      return inTransaction(pool, (client) => takingTurns(client, insertRows, looking));
    const newKeys = isRepeating(pool)
      ? await insertRows(pool, looking)
      : await insertNew(pool, insertRows, looking);
    if (newKeys !== 'all') repeating.set(pool, REPEATING_STATEMENTS);
    return newKeys;
  };
  try {
    return await attempt();
  } catch (error) {
    if (isUndivided(error)) return insertRows(pool, { ...looking, lookBack: null });
    // A ledger that stood still for months, as one that is restored, has no partition for today.
    if (!isWithoutPartition(error)) throw error;
    await makeUsagePartitions(pool);
    return attempt();
  }
}

type InsertRows = (db: Pool | PoolClient, manner: Manner) => Promise<NewKeys>;

/** Whoever repeats one request repeats others: so many statements look before they write. */
const REPEATING_STATEMENTS = 100;
const repeating = new WeakMap<Pool, number>();

function isRepeating(pool: Pool): boolean {
  const statements = repeating.get(pool) ?? 0;
  if (statements > 0) repeating.set(pool, statements - 1);
  return statements > 0;
}

/** Nearly all ids are new, so nobody looks: where one is there nothing is written. */
async function insertNew(pool: Pool, insertRows: InsertRows, looking: Manner): Promise<NewKeys> {
  try {
    return await insertRows(pool, { ...looking, ifThere: 'fails' });
  } catch (error) {
    if (!(error instanceof DatabaseError && error.code === '23505')) throw error;
    return insertRows(pool, looking);
  }
}

/** What the statements have in common is written once, in whichever manner they insert it. */
function insertionOf(rows: readonly LedgerRow[]): InsertRows {
  const texts = (pick: (row: LedgerRow) => string | null) => textArray(rows.map(pick));
  const counts = (type: TokenType) => numberArray(rows.map((row) => row.tokens[type]));
  const hasMore = rows.some((row) => row.traceparent !== undefined || row.sentModel);
  const common = {
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
  return async (db, manner) => {
    const query = { ...insertOf(manner, hasMore), ...common };
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
async function takingTurns(
  client: PoolClient,
  insertRows: InsertRows,
  manner: Manner,
): Promise<NewKeys> {
  await client.query('select pg_advisory_xact_lock($1)', [EDGE_LOCK]);
  return insertRows(client, manner);
}

/** Migration 0040 has not been there yet: one unique index has all ids. */
const isUndivided = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '42883';

const isWithoutPartition = (error: unknown): boolean =>
  error instanceof DatabaseError &&
  error.code === '23514' &&
  error.message.startsWith('no partition of relation');

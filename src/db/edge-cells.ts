/**
 * What a customer used on the days at the edges of a period, of which the roll-up has more than the
 * period. A process reads the usage events of these days once; what is sealed afterwards it takes
 * from the batches, so that a page that is open all day does not read the day again at each look.
 */
import type { Pool, PoolClient } from 'pg';
import { ROW_BY_LINE } from './token-columns';

export interface EdgeCell {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly model: string;
  readonly tokenType: string;
  /** Empty: nobody sells it. */
  readonly vendor: string;
  readonly tokens: string;
}

export interface Edges {
  readonly customer: string;
  /** Two stretches [from, to) of seconds. */
  readonly stretches: readonly [number, number, number, number];
  /** The customer's last batch in the snapshot that is read. */
  readonly sequence: string;
}

interface Remembered {
  readonly sequence: string;
  readonly cells: readonly EdgeCell[];
}

/** Periods of customers whose pages were looked at lately; the oldest goes first. */
const PERIODS_MAX = 2_000;
const remembered = new WeakMap<Pool, Map<string, Remembered>>();

/** All sealed usage of the edges, up to that batch; `readAll` reads it from the usage events. */
export async function edgeCells(
  pool: Pool,
  client: PoolClient,
  edges: Edges,
  readAll: () => Promise<EdgeCell[]>,
): Promise<readonly EdgeCell[]> {
  const periods = remembered.get(pool) ?? new Map<string, Remembered>();
  remembered.set(pool, periods);
  const key = [edges.customer, ...edges.stretches].join('\n');
  const earlierEdges = periods.get(key);
  const cells = await goOn(client, edges, earlierEdges, readAll);
  periods.delete(key);
  periods.set(key, { sequence: edges.sequence, cells });
  const [oldest] = periods.keys();
  if (periods.size > PERIODS_MAX && oldest !== undefined) periods.delete(oldest);
  return cells;
}

async function goOn(
  client: PoolClient,
  edges: Edges,
  earlierEdges: Remembered | undefined,
  readAll: () => Promise<EdgeCell[]>,
): Promise<readonly EdgeCell[]> {
  if (earlierEdges?.sequence === edges.sequence) return earlierEdges.cells;
  // Another snapshot, which is newer than this one, may have been remembered meanwhile.
  if (!earlierEdges || BigInt(earlierEdges.sequence) > BigInt(edges.sequence)) return readAll();
  return added(earlierEdges.cells, await readSealedSince(client, edges, earlierEdges.sequence));
}

async function readSealedSince(
  client: PoolClient,
  { customer, stretches, sequence }: Edges,
  sinceSequence: string,
): Promise<EdgeCell[]> {
  const { rows } = await client.query<EdgeCell>({
    name: 'edge_cells_of_batches',
    text: `select to_char(to_timestamp(second) at time zone 'UTC', 'YYYY-MM-DD') as day, model,
                  "tokenType", coalesce(vendor, '') as vendor, sum(line.tokens)::text as tokens
             from usage_batches
            ${ROW_BY_LINE}
            where customer = $1 and sequence > $2::bigint and sequence <= $3::bigint
              and (second >= $4::float8 and second < $5::float8
                or second >= $6::float8 and second < $7::float8)
            group by 1, 2, 3, 4`,
    values: [customer, sinceSequence, sequence, ...stretches],
  });
  return rows;
}

function added(cells: readonly EdgeCell[], others: readonly EdgeCell[]): EdgeCell[] {
  const sums = new Map<string, EdgeCell>();
  for (const cell of [...cells, ...others]) {
    const key = [cell.day, cell.model, cell.tokenType, cell.vendor].join('\n');
    const sum = BigInt(sums.get(key)?.tokens ?? 0) + BigInt(cell.tokens);
    sums.set(key, { ...cell, tokens: sum.toString() });
  }
  return [...sums.values()];
}

/**
 * Usage events that no batch can hold: they are set aside, so that nobody else's usage waits for
 * them. They stay in the ledger, and its invoice is held for them until somebody decides.
 */
import type { Pool, PoolClient } from 'pg';
import { isUnstorable } from './unstorable';
import type { SealingStretch } from '../core/usage/sealing-range';
import { sealStretch } from './usage-batches';
import type { EventKey } from './usage-events';

/**
 * What was set aside and somebody has settled is no usage any more, for queries of `usage_events`.
 */
export const NOT_SETTLED = `and not exists (select from usage_quarantine as aside
    where aside.customer = usage_events.customer and aside.id = usage_events.id
      and aside.settled_at is not null)`;

/** Sets aside, of each customer, the fewest events without which the stretch can be sealed. */
export async function quarantineUnsealable(
  client: PoolClient,
  stretch: SealingStretch,
): Promise<EventKey[]> {
  const { rows } = await client.query<EventKey>(
    `select id, customer from usage_events
      where tx >= $1::xid8 and tx < $2::xid8 and tx <> all ($3::xid8[])
        and not exists (select from usage_quarantine as aside
             where aside.customer = usage_events.customer and aside.id = usage_events.id)
      order by customer, id`,
    [stretch.from, stretch.to, stretch.without],
  );
  const culprits: EventKey[] = [];
  // Each customer's are summed by themselves: the first that fails is one customer's.
  for (let remainder = rows; ;) {
    const index = await firstFailing(remainder, (subset) => whyNot(client, stretch, subset));
    if (index === undefined) return culprits;
    const row = remainder[index] as EventKey;
    await setAside(client, row, await whyNot(client, stretch, remainder.slice(0, index + 1)));
    culprits.push(row);
    remainder = remainder.filter((otherRow) => otherRow !== row);
  }
}

/** Index of the row by which the rows up to it fail; undefined: all of them together do not. */
async function firstFailing(
  rows: readonly EventKey[],
  whyNotThese: (rows: readonly EventKey[]) => Promise<string | undefined>,
): Promise<number | undefined> {
  if ((await whyNotThese(rows)) === undefined) return undefined;
  let [goodCount, badCount] = [0, rows.length];
  while (badCount - goodCount > 1) {
    const middle = Math.floor((goodCount + badCount) / 2);
    if ((await whyNotThese(rows.slice(0, middle))) === undefined) goodCount = middle;
    else badCount = middle;
  }
  return badCount - 1;
}

/** Tried and undone; undefined: they can be sealed. */
async function whyNot(
  client: PoolClient,
  stretch: SealingStretch,
  rows: readonly EventKey[],
): Promise<string | undefined> {
  await client.query('savepoint trying');
  try {
    await sealStretch(client, stretch, rows);
    return undefined;
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    return `SQLSTATE ${error.code}: ${error.message}`;
  } finally {
    await client.query('rollback to savepoint trying');
  }
}

async function setAside(
  client: PoolClient,
  { id, customer }: EventKey,
  reason = '',
): Promise<void> {
  await client.query(
    `insert into usage_quarantine (id, customer, reason) values ($1, $2, $3)
     on conflict do nothing`,
    [id, customer, reason],
  );
}

export interface Quarantined {
  readonly customer: string;
  readonly events: number;
  readonly firstId: string;
  readonly reason: string;
}

/** What is set aside of each customer, as long as nobody has settled it. */
export async function listQuarantined(pool: Pool): Promise<Quarantined[]> {
  const { rows } = await pool.query<Quarantined>(
    `select customer, count(*)::int as events, (array_agg(id order by quarantined_at, id))[1]
              as "firstId", (array_agg(reason order by quarantined_at, id))[1] as reason
       from usage_quarantine where settled_at is null group by customer order by customer`,
  );
  return rows;
}

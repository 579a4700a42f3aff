/** How far the ledger is sealed, and whose turn it is to seal. */
import type { ClientBase, Pool, PoolClient } from 'pg';
import type { SealingRange, SealingStretch } from '../core/usage/sealing-range';

/**
 * One pass seals at a time, whichever process it runs in; it holds this until its transaction ends.
 */
export const SEALING_LOCK = 7_306_514_001;

/** Postgres ends a pass whose process stands still, so that another process goes on. */
const IDLE_MAX = '20s';
/** A pass that waits for somebody's lock is begun anew, and shows for so long whom it waits for. */
const LOCK_WAIT_MAX = '60s';

export async function tryLockSealing(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `select pg_try_advisory_xact_lock($1) as locked,
            set_config('idle_in_transaction_session_timeout', $2, true),
            set_config('lock_timeout', $3, true)`,
    [SEALING_LOCK, IDLE_MAX, LOCK_WAIT_MAX],
  );
  return rows[0]?.locked === true;
}

export async function readSealingRange(db: Pool | PoolClient): Promise<SealingRange> {
  const { rows } = await db.query<SealingRange>(
    `select horizon::text as "sealedBelow", passed_over::text[] as "passedOver",
            pg_snapshot_xmax(pg_current_snapshot())::text as "next",
            array(select pg_snapshot_xip(pg_current_snapshot())::text) as open
       from sealing_state`,
  );
  const range = rows[0];
  if (!range) throw new Error('sealing_state has no row: run `tollkeeper migrate`.');
  return range;
}

/** Usage of transactions from `horizon` on, and of those passed over, is not sealed. */
export async function readHorizon(
  db: Pool | PoolClient,
): Promise<{ readonly horizon: string; readonly passedOver: string }> {
  const { rows } = await db.query<{ horizon: string; passedOver: string }>(
    'select horizon::text, passed_over::text as "passedOver" from sealing_state',
  );
  return rows[0] as { horizon: string; passedOver: string };
}

/** Notes that the transactions that were passed over are these, of which no other has any row. */
export async function setPassedOver(client: PoolClient, passedOver: readonly string[]) {
  await client.query('update sealing_state set passed_over = $1::xid8[]', [passedOver]);
}

/** The first of these transactions that wrote to the ledger; null: none of them did. */
export async function firstWithRows(
  client: PoolClient,
  transactions: readonly string[],
): Promise<string | null> {
  const { rows } = await client.query<{ tx: string }>(
    'select tx::text from usage_events where tx = any ($1::xid8[]) order by tx limit 1',
    [transactions],
  );
  return rows[0]?.tx ?? null;
}

const OF_STRETCH = 'tx >= $1::xid8 and tx < $2::xid8 and tx <> all ($3::xid8[])';

/** Tells whether a transaction of the stretch wrote to the ledger. */
export async function hasRows(
  client: PoolClient,
  { from, to, without }: SealingStretch,
): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (select from usage_events where ${OF_STRETCH}) as found`,
    [from, to, without],
  );
  return rows[0]?.found === true;
}

/**
 * The end of a pass that takes about `rowsMax` rows, or null when all rows of the stretch fit. A
 * transaction is sealed whole, so one that alone has more rows makes a longer pass.
 */
export async function findPassEnd(
  client: PoolClient,
  { from, to, without }: SealingStretch,
  rowsMax: number,
): Promise<string | null> {
  const { rows } = await client.query<{ end: string }>(
    `with first as (
       select tx from usage_events where ${OF_STRETCH} order by tx limit 1
     ), beyond as (
       select tx from usage_events where ${OF_STRETCH} order by tx offset $4 limit 1
     )
     select case when beyond.tx > first.tx then beyond.tx::text
                 else (first.tx::text::numeric + 1)::text end as end
       from beyond, first`,
    [from, to, without, rowsMax],
  );
  return rows[0]?.end ?? null;
}

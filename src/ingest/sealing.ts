/**
 * Sealing: committed usage events become numbered batches, each event in exactly one. A pass takes
 * the rows of all transactions below the horizon of its snapshot, so none can appear behind it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../db/pool';
import { isUnstorable } from '../db/unstorable';
import {
  findPassEnd,
  hasRows,
  lastSequence,
  readSealingRange,
  sealRange,
  tryLockSealing,
} from '../db/usage-batches';
import type { SealingRange } from '../db/usage-batches';
import type { EventKey } from '../db/usage-events';
import { quarantineUnsealable } from '../db/usage-quarantine';

/** Keeps a pass, its locks and its memory short when much has piled up. */
export const ROWS_PER_PASS_MAX = 50_000;
const DRAIN_POLL_MS = 10;
const DRAIN_WAIT_MS_MAX = 30_000;

export interface SealingPass {
  readonly events: number;
  readonly batches: number;
  /** Final rows are left over: seal again at once. */
  readonly more: boolean;
  /** All transactions below are sealed; null when another pass was under way. */
  readonly sealedBelow: string | null;
  /** Usage events that no batch can hold. Absent: there were none. */
  readonly quarantined?: readonly EventKey[];
}

const NOTHING = { events: 0, batches: 0, more: false };

/** Usage that no batch can hold is set aside, and all other usage sealed in its stead. */
export async function sealOnce(pool: Pool, rowsMax = ROWS_PER_PASS_MAX): Promise<SealingPass> {
  try {
    return await passing(pool, rowsMax, async (client, { from, to, more }) => {
      const sealCounts = await sealRange(client, { from, to });
      return { ...sealCounts, more, sealedBelow: to };
    });
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    return passing(pool, rowsMax, async (client, { from, to }) => {
      const quarantined = await quarantineUnsealable(client, { from, to });
      return { ...NOTHING, more: true, sealedBelow: null, quarantined };
    });
  }
}

interface PassRange {
  readonly from: string;
  readonly to: string;
  readonly more: boolean;
}

function passing(
  pool: Pool,
  rowsMax: number,
  work: (client: PoolClient, range: PassRange) => Promise<SealingPass>,
): Promise<SealingPass> {
  return inTransaction(pool, async (client) => {
    if (!(await tryLockSealing(client))) return { ...NOTHING, sealedBelow: null };
    const range = await readSealingRange(client);
    assertSameCluster(range);
    const start = range.sealedBelow;
    // Nothing is written without rows: an idle ledger costs no transaction id.
    if (!(await hasRows(client, { from: start, to: range.finalBelow })))
      return { ...NOTHING, sealedBelow: range.finalBelow };
    const end = await findPassEnd(client, { from: start, to: range.finalBelow, rowsMax });
    return work(client, { from: start, to: end ?? range.finalBelow, more: end !== null });
  });
}

/** Sealed rows to 0, all others to 1: below any transaction id that a cluster still gives out. */
const RENUMBER =
  'update usage_events set tx = case when tx < (select horizon from sealing_state) ' +
  "then '0'::xid8 else '1'::xid8 end; update sealing_state set horizon = '1';";

/** Transaction ids mean nothing in another cluster: sealing there could skip or repeat usage. */
export function assertSameCluster({ sealedBelow, next }: SealingRange): void {
  if (BigInt(sealedBelow) <= BigInt(next)) return;
  throw new Error(
    `The ledger is sealed up to transaction ${sealedBelow}, but this Postgres cluster has only ` +
      `come to ${next}: the ledger was restored from another cluster. With API and workers ` +
      `stopped, run in one transaction: ${RENUMBER}`,
  );
}

/**
 * Makes sure that everything committed before this call is sealed, and answers the customer's last
 * sequence. Waits for transactions under way: any of them may be about to commit usage.
 */
export async function drainLedger(pool: Pool, customer: string): Promise<number> {
  const { next } = await readSealingRange(pool);
  const deadline = Date.now() + DRAIN_WAIT_MS_MAX;
  for (;;) {
    const { sealedBelow } = await sealOnce(pool);
    if (sealedBelow !== null && BigInt(sealedBelow) >= BigInt(next)) break;
    if (Date.now() > deadline) {
      throw new Error(
        `The ledger is sealed up to transaction ${sealedBelow ?? 'unknown'}, not to ${next}, ` +
          `after ${DRAIN_WAIT_MS_MAX} ms: pg_stat_activity shows which one stays open.`,
      );
    }
    await pause(DRAIN_POLL_MS);
  }
  return lastSequence(pool, customer);
}

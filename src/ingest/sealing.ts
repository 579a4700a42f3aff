/**
 * Sealing: committed usage events become numbered batches, each event in exactly one. A pass takes
 * whole transactions that are over (src/core/usage/sealing-range.ts), so no row can appear in what
 * is sealed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { endingAt, nextStretch, overByNow, stretchOf } from '../core/usage/sealing-range';
import type { SealingRange, SealingStretch } from '../core/usage/sealing-range';
import { inTransaction } from '../db/pool';
import {
  findPassEnd,
  firstWithRows,
  hasRows,
  readSealingRange,
  setPassedOver,
  tryLockSealing,
} from '../db/sealing-state';
import { isUnstorable } from '../db/unstorable';
import { lastSequence, sealStretch } from '../db/usage-batches';
import type { EventKey } from '../db/usage-events';
import { quarantineUnsealable } from '../db/usage-quarantine';

/** Keeps a pass, its locks and its memory short when much has piled up. */
export const ROWS_PER_PASS_MAX = 50_000;
/** A transaction that stays open for longer keeps nobody's usage but its own from being sealed. */
export const OPEN_WAIT_MS = 2_000;
const DRAIN_POLL_MS = 10;
/** Below the time that the activity has, so that the reason is seen. */
const DRAIN_WAIT_MS_MAX = 20_000;

export interface SealingPass {
  readonly events: number;
  readonly batches: number;
  /** Final rows are left over: seal again at once. */
  readonly more: boolean;
  /**
   * All transactions below are sealed, but those passed over; null when another pass was under way,
   * or this one looked at something else.
   */
  readonly sealedBelow: string | null;
  /** The transactions below had begun by now; null when another pass was under way. */
  readonly begunBelow: string | null;
  /** Usage events that no batch can hold. Absent: there were none. */
  readonly quarantined?: readonly EventKey[];
}

export interface SealingLimits {
  readonly rowsMax?: number;
  /** Transactions below it have been open for as long as they are waited for. Default: none. */
  readonly waitedBelow?: string;
}

const NOTHING = { events: 0, batches: 0, more: false, sealedBelow: null, begunBelow: null };

/** Usage that no batch can hold is set aside, and all other usage sealed in its stead. */
export async function sealOnce(pool: Pool, limits: SealingLimits = {}): Promise<SealingPass> {
  try {
    return await passing(pool, limits, sealStretch);
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    return passing(pool, limits, async (client, stretch) => {
      const quarantined = await quarantineUnsealable(client, stretch);
      return { more: true, sealedBelow: null, quarantined };
    });
  }
}

/** Seals for as long as a process runs: it remembers since when a transaction has been open. */
export function createSealer(pool: Pool, openWaitMs = OPEN_WAIT_MS): () => Promise<SealingPass> {
  const samples: { at: number; below: string }[] = [];
  return async () => {
    const now = performance.now();
    const waitedCount = samples.filter(({ at }) => at <= now - openWaitMs).length;
    // The last of those stays, for the passes in which none is added.
    samples.splice(0, waitedCount - 1);
    const waitedBelow = waitedCount > 0 ? samples[0]?.below : undefined;
    const pass = await sealOnce(pool, { ...(waitedBelow !== undefined && { waitedBelow }) });
    if (pass.begunBelow !== null) samples.push({ at: performance.now(), below: pass.begunBelow });
    return pass;
  };
}

type Work = (client: PoolClient, stretch: SealingStretch) => Promise<Partial<SealingPass>>;

function passing(pool: Pool, limits: SealingLimits, work: Work): Promise<SealingPass> {
  const { rowsMax = ROWS_PER_PASS_MAX, waitedBelow = '0' } = limits;
  return inTransaction(pool, async (client) => {
    if (!(await tryLockSealing(client))) return NOTHING;
    const range = await readSealingRange(client);
    assertSameCluster(range);
    const begunBelow = range.next;
    if (overByNow(range).length > 0)
      return { ...NOTHING, more: true, begunBelow, ...(await sealPassedOver(client, range, work)) };
    const stretch = nextStretch(range, waitedBelow);
    const sealed = { ...NOTHING, sealedBelow: stretch.to, begunBelow };
    // Nothing is written without rows: an idle ledger costs no transaction id.
    if (!(await hasRows(client, stretch))) return sealed;
    const end = await findPassEnd(client, stretch, rowsMax);
    if (end === null) return { ...sealed, ...(await work(client, stretch)) };
    const shorter = endingAt(range, end);
    return { ...sealed, more: true, sealedBelow: end, ...(await work(client, shorter)) };
  });
}

/** Seals one transaction that was passed over and is over now; most wrote nothing to the ledger. */
async function sealPassedOver(client: PoolClient, range: SealingRange, work: Work) {
  const over = overByNow(range);
  const tx = await firstWithRows(client, over);
  if (tx !== null) return work(client, stretchOf(range, tx));
  await setPassedOver(
    client,
    range.passedOver.filter((other) => !over.includes(other)),
  );
  return {};
}

/** Sealed rows to 0, all others to 1: below any transaction id that a cluster still gives out. */
const RENUMBER =
  'update usage_events set tx = case when tx < (select horizon from sealing_state) ' +
  'and tx <> all ((select passed_over from sealing_state)::xid8[]) ' +
  "then '0'::xid8 else '1'::xid8 end; update sealing_state set horizon = '1', passed_over = '{}';";

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
 * sequence. Waits for transactions under way, any of which may be about to commit usage, but for
 * none longer than `openWaitMs`: what they commit later is usage that came later.
 */
export async function drainLedger(
  pool: Pool,
  customer: string,
  openWaitMs = OPEN_WAIT_MS,
): Promise<number> {
  const { next } = await readSealingRange(pool);
  const began = performance.now();
  for (;;) {
    const waitedMs = performance.now() - began;
    const limits = waitedMs >= openWaitMs ? { waitedBelow: next } : {};
    const { sealedBelow } = await sealOnce(pool, limits);
    if (sealedBelow !== null && BigInt(sealedBelow) >= BigInt(next)) break;
    if (waitedMs > DRAIN_WAIT_MS_MAX) {
      throw new Error(
        `The ledger is sealed up to transaction ${sealedBelow ?? 'unknown'}, not to ${next}, ` +
          `after ${DRAIN_WAIT_MS_MAX} ms: \`tollkeeper doctor\` tells which session is in the way.`,
      );
    }
    await pause(DRAIN_POLL_MS);
  }
  return lastSequence(pool, customer);
}

/**
 * Counting a customer's ledger again, from the first batch on and from nothing but the ledger: what
 * the workflow should know, worked out without asking it.
 */
import type { BillingState, BillingStatus, PeriodState } from './billing-state';
import { emptyBillingState, findPeriod, withPeriod } from './billing-state';
import { countBatches } from './counting';
import type { TokenGrant } from './grants';
import { contains } from './period';
import type { PlanTerms } from './plan';
import { acceptsUsage } from './rating';
import { openPeriod } from './subscription';
import type { UsageBatch } from './usage';

export interface KnownPeriod {
  readonly start: number;
  readonly end: number;
  readonly terms: PlanTerms;
  /** Unix milliseconds since when it takes no more usage; null: it still does. */
  readonly closedAt: number | null;
}

export interface SealedBatch extends UsageBatch {
  /** Unix milliseconds. */
  readonly sealedAt: number;
}

export interface Replay {
  readonly state: BillingState;
  /** Oldest first. */
  readonly periods: readonly KnownPeriod[];
  /** By a period's start: tokens that came after it was closed, recorded and not billed. */
  readonly lateTokens: Readonly<Record<number, number>>;
}

export function beginReplay(
  customer: string,
  billingStatus: BillingStatus,
  periods: readonly KnownPeriod[],
  grants: readonly TokenGrant[] = [],
): Replay {
  const inOrder = [...periods].sort((a, b) => a.start - b.start);
  return {
    state: {
      ...emptyBillingState(customer),
      billingStatus,
      // From the first batch on nothing of them is used.
      grants: grants.map((grant) => ({ ...grant, usedTokens: 0 })),
      periods: inOrder.map((period) => openPeriod(period, period.terms)),
    },
    periods: inOrder,
    lateTokens: {},
  };
}

/** Batches must come in sequence; one that does not follow the last one is not counted. */
export function replayBatch(replay: Replay, batch: SealedBatch): Replay {
  const state = countBatches(closeBefore(replay, batch.sealedAt), [batch]);
  if (state.appliedSequence === replay.state.appliedSequence) return { ...replay, state };
  const late = { ...replay.lateTokens };
  for (const { second, tokens } of batch.lines) {
    const period = state.periods.find((candidate) => contains(candidate, second));
    if (period && !acceptsUsage(period)) late[period.start] = (late[period.start] ?? 0) + tokens;
  }
  return { ...replay, state, lateTokens: late };
}

/** Periods that were closed by then take no more usage. */
function closeBefore({ state, periods }: Replay, sealedAt: number): BillingState {
  return periods.reduce((current, { start, closedAt }) => {
    const period = findPeriod(current, start);
    if (!period || !acceptsUsage(period)) return current;
    if (closedAt === null || sealedAt <= closedAt) return current;
    return withPeriod(current, { ...period, phase: 'finalized' });
  }, state);
}

export const replayedPeriod = (replay: Replay, start: number): PeriodState | undefined =>
  findPeriod(replay.state, start);

/**
 * A batch that is not there or out of sequence, so that all after it could not be counted. Batches
 * that wait for the next period are none.
 */
export const missingBatch = ({ state }: Replay): number | null =>
  state.knownSequence > state.appliedSequence && !state.awaitsPeriod
    ? state.appliedSequence + 1
    : null;

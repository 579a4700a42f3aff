/**
 * Counts a customer's ledger again, from the first batch on and from nothing but the ledger: what
 * the workflow should know is worked out without asking it.
 */
import type { BillingState, BillingStatus } from '../state/billing-state';
import { emptyBillingState } from '../state/billing-state';
import { countBatches } from '../counting/counting';
import { contains } from '../period';
import type { PlanPrice, PlanTerms } from '../plans/plan';
import type { UsageBatch } from '../usage/usage';
import type { PeriodState } from '../state/period-state';
import { findPeriod, withPeriod, openPeriod, acceptsUsage } from '../state/periods';
import type { TokenGrant } from '../state/remembered';

export interface KnownPeriod {
  /** The subscription that it is of. Absent: an earlier release recorded it. */
  readonly subscriptionId?: string;
  readonly start: number;
  readonly end: number;
  readonly terms: PlanTerms;
  /** Unix milliseconds since when it takes no more usage; null says that it still does. */
  readonly closedAt: number | null;
  /** The last batch that was counted by then. Absent: an earlier release closed it. */
  readonly countedUpTo?: number;
  /** Plans that held before within it. Absent: nobody noted them. */
  readonly formerPlans?: readonly PlanPrice[];
  /** A period that was cut short would have ended here. */
  readonly wholeEnd?: number;
}

export interface SealedBatch extends UsageBatch {
  /** Unix milliseconds. */
  readonly sealedAt: number;
}

export interface Replay {
  readonly state: BillingState;
  /** The oldest is first. */
  readonly periods: readonly KnownPeriod[];
  /**
   * Tokens that came after their period was closed, recorded and not billed, by the period's start.
   */
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
      // The first batch finds nothing of them used.
      grants: grants.map((grant) => ({ ...grant, usedTokens: 0 })),
      periods: inOrder.map((period) => openPeriod(period, period.terms)),
    },
    periods: inOrder,
    lateTokens: {},
  };
}

/** Batches must come in sequence; one that does not follow the last one is not counted. */
export function replayBatch(replay: Replay, batch: SealedBatch): Replay {
  const state = countBatches(closeBefore(replay, batch), [batch]);
  if (state.appliedSequence === replay.state.appliedSequence) return { ...replay, state };
  const late = { ...replay.lateTokens };
  for (const { second, tokens } of batch.lines) {
    const period = state.periods.find((candidate) => contains(candidate, second));
    if (period && !acceptsUsage(period)) late[period.start] = (late[period.start] ?? 0) + tokens;
  }
  return { ...replay, state, lateTokens: late };
}

/**
 * Periods that were closed by then take no more usage. What was sealed before we had noted that an
 * invoice is final may have come after it: the number of the batch tells.
 */
function closeBefore({ state, periods }: Replay, batch: SealedBatch): BillingState {
  return periods.reduce((current, { start, closedAt, countedUpTo }) => {
    const period = findPeriod(current, start);
    if (!period || closedAt === null) return current;
    const isBefore =
      countedUpTo === undefined ? batch.sealedAt <= closedAt : batch.sequence <= countedUpTo;
    if (isBefore) return current;
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

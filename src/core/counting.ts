/** Counting usage batches exactly once, each line in the period that contains its second. */
import type { BillingState, PeriodState } from './billing-state';
import { withPeriod } from './billing-state';
import { contains } from './period';
import { countLine } from './rating';
import type { UsageBatch, UsageLine } from './usage';

/**
 * Counts the batches that are next in line. A batch at or below `appliedSequence` is a duplicate;
 * one beyond the next is a gap, to be read from the ledger; one that reaches beyond the known
 * periods waits for the next period. A batch is counted whole or not at all.
 */
export function countBatches(state: BillingState, batches: readonly UsageBatch[]): BillingState {
  const heardOf = Math.max(state.knownSequence, ...batches.map(({ sequence }) => sequence));
  const inOrder = [...batches].sort((a, b) => a.sequence - b.sequence);
  return inOrder.reduce(countBatch, { ...state, knownSequence: heardOf });
}

function countBatch(state: BillingState, batch: UsageBatch): BillingState {
  if (batch.sequence !== state.appliedSequence + 1) return state;
  if (batch.lines.some((line) => isBeyondKnownPeriods(state, line.second)))
    return { ...state, awaitsPeriod: true };
  return { ...batch.lines.reduce(countInPeriod, state), appliedSequence: batch.sequence };
}

function countInPeriod(state: BillingState, line: UsageLine): BillingState {
  const period = state.periods.find((candidate) => contains(candidate, line.second));
  if (!period || !acceptsUsage(period))
    return { ...state, unbilledTokens: state.unbilledTokens + line.tokens };
  return withPeriod(state, countLine(period, line));
}

/**
 * Until its invoice is finalized, a period takes usage that belongs to it, however late it arrives.
 */
export const acceptsUsage = (period: PeriodState): boolean =>
  period.phase === 'open' || period.phase === 'closing' || period.phase === 'reconciled';

function isBeyondKnownPeriods(state: BillingState, second: number): boolean {
  // After the subscription ended no period will follow; its usage is recorded, not billed.
  if (state.billingStatus === 'ended') return false;
  const last = state.periods.at(-1);
  return last === undefined || second >= last.end;
}

/** There are batches to read from the ledger, and they can be counted as far as we know. */
export const hasGap = (state: BillingState): boolean =>
  state.knownSequence > state.appliedSequence && !state.awaitsPeriod;

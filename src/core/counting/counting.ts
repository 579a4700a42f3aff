/** Counting usage batches exactly once, each line in the period that contains its second. */
import type { BillingState, PeriodState } from './billing-state';
import { allPeriods, lastKnownPeriod, withPeriod } from './billing-state';
import { contains } from './period';
import { countLine } from './rating';
import type { UsageBatch, UsageLine } from './usage';

/**
 * Counts the batches that are next in line. A batch at or below `appliedSequence` is a duplicate;
 * one beyond the next is a gap, to be read from the ledger; one that reaches beyond the known
 * periods waits for the next period. A batch is counted whole or not at all. While the ledger is to
 * be counted again, none is.
 */
export function countBatches(state: BillingState, batches: readonly UsageBatch[]): BillingState {
  const heardOf = Math.max(state.knownSequence, ...batches.map(({ sequence }) => sequence));
  const heard = { ...state, knownSequence: heardOf };
  if (state.recount !== null) return heard;
  const inOrder = [...batches].sort((a, b) => a.sequence - b.sequence);
  return inOrder.reduce(countBatch, heard);
}

function countBatch(state: BillingState, batch: UsageBatch): BillingState {
  if (batch.sequence !== state.appliedSequence + 1) return state;
  if (batch.lines.some((line) => isBeyondKnownPeriods(state, line.second)))
    return { ...state, awaitsPeriod: true };
  return { ...batch.lines.reduce(countInPeriod, state), appliedSequence: batch.sequence };
}

export function countInPeriod(state: BillingState, line: UsageLine): BillingState {
  const period = allPeriods(state).find((candidate) => contains(candidate, line.second));
  if (!period) return { ...state, unbilledTokens: state.unbilledTokens + line.tokens };
  const counted = countLine(period, line, state.grants);
  const reopened = { ...counted.period, phase: phaseAfterUsage(counted.period) };
  return { ...withPeriod(state, reopened), grants: counted.grants };
}

/** A draft that equalled the ledger has to be compared again. */
const phaseAfterUsage = ({ phase }: PeriodState): PeriodState['phase'] =>
  phase === 'reconciled' ? 'closing' : phase;

function isBeyondKnownPeriods(state: BillingState, second: number): boolean {
  // After the subscription ended no period will follow; its usage is recorded, not billed.
  if (state.billingStatus === 'ended') return false;
  const last = lastKnownPeriod(state);
  return last === undefined || second >= last.end;
}

/** There are batches to read from the ledger, and they can be counted as far as we know. */
export const hasGap = (state: BillingState): boolean =>
  state.knownSequence > state.appliedSequence && !state.awaitsPeriod && state.recount === null;

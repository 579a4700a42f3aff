/** Counting usage batches exactly once, each line in the period that contains its second. */
import { addAfterEnd } from '../subscription/after-end';
import type { BillingState } from '../state/billing-state';
import { withException } from '../state/exceptions';
import { noteInTime } from '../invoices/late-by-us';
import { contains, isoSecond } from '../period';
import { countLine } from './count-line';
import type { UsageBatch, UsageLine } from '../usage/usage';
import type { PeriodState } from '../state/period-state';
import { allPeriods, lastKnownPeriod, withPeriod } from '../state/periods';

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
  const counted = batch.lines.reduce(
    (current, line) => countInPeriod(current, line, batch.recordedFrom),
    state,
  );
  return { ...counted, appliedSequence: batch.sequence };
}

export function countInPeriod(
  state: BillingState,
  line: UsageLine,
  recordedFrom?: number,
): BillingState {
  const period = allPeriods(state).find((candidate) => contains(candidate, line.second));
  if (!period)
    return addAfterEnd({ ...state, unbilledTokens: state.unbilledTokens + line.tokens }, line);
  if (!canCount(period, line)) return withUncounted(state, period, line);
  const counted = countLine(period, line, state.grants);
  const countedPeriod = noteInTime(period, counted.period, recordedFrom);
  const reopened = { ...countedPeriod, phase: phaseAfterUsage(countedPeriod) };
  return { ...withPeriod(state, reopened), grants: counted.grants };
}

/** Every sum of the period stays an exact number, by whichever rate the line is billed. */
function canCount({ usedTokens, unpricedTokens, rates, late }: PeriodState, line: UsageLine) {
  const billable = [...Object.values(rates), ...Object.values(late ?? {})];
  const counted = billable.reduce((sum, { tokens }) => sum + tokens, usedTokens + unpricedTokens);
  return line.tokens >= 0 && Number.isSafeInteger(counted + line.tokens);
}

/**
 * It is in the ledger, so the draft differs from that and is held. Nothing is thrown: a batch that
 * can't be counted would stop the customer's billing for good.
 */
function withUncounted(state: BillingState, { start }: PeriodState, line: UsageLine): BillingState {
  const message =
    `${line.tokens} tokens of ${line.model} at ${isoSecond(line.second)} are in the ledger and not ` +
    'counted: with them the period has more tokens than an exact number can hold. Its invoice is held.';
  const opened = { kind: 'usage_rejected', subject: isoSecond(start), message } as const;
  return withException(state, opened, line.second * 1000);
}

/** A draft that equalled the ledger has to be compared again. */
const phaseAfterUsage = ({ phase }: PeriodState): PeriodState['phase'] =>
  phase === 'reconciled' ? 'closing' : phase;

function isBeyondKnownPeriods(state: BillingState, second: number): boolean {
  // After the subscription ended, no period will follow; its usage is recorded, not billed.
  if (state.billingStatus === 'ended') return false;
  const last = lastKnownPeriod(state);
  return last === undefined || second >= last.end;
}

/** There are batches to read from the ledger, and they can be counted as far as we know. */
export const hasGap = (state: BillingState): boolean =>
  state.knownSequence > state.appliedSequence && !state.awaitsPeriod && state.recount === null;

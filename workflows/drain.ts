/** Waits until everything that is committed to the ledger is counted. */
import type { Duration } from '@temporalio/common';
import { rewindTo } from '../src/core/state/recovery';
import type { Run } from './run';
import { openException, become } from './run';
import { ledger } from './proxies';
import { untilOrEnd } from './until';

/**
 * Waits until everything committed to the ledger so far is counted. A loop waits for as long as it
 * takes, for what keeps it is told; whoever answers a caller has patience, and false says it ended.
 */
export async function drain(run: Run, patience?: Duration): Promise<boolean> {
  const { customer, appliedSequence } = run.state;
  const lastSequence = await ledger.drainLedger({ customer });
  if (lastSequence < appliedSequence && !run.isLegacy)
    noteLedgerBehind(run, lastSequence, appliedSequence);
  const knownSequence = Math.max(run.state.knownSequence, lastSequence);
  become(run, { ...run.state, knownSequence });
  const isApplied = () => run.state.appliedSequence >= lastSequence || run.state.awaitsPeriod;
  const isRecounted = () => run.state.recount === null;
  // Release 0.1.0 had no timer here: one more command would break its histories.
  if (patience !== undefined && !run.isLegacy)
    return untilOrEnd(run, () => isApplied() && isRecounted(), patience);
  await untilOrEnd(run, isApplied);
  return untilOrEnd(run, isRecounted);
}

/** Postgres was restored to a moment before: what it has is counted, and billed once decided. */
function noteLedgerBehind(run: Run, lastSequence: number, counted: number): void {
  const { customer } = run.state;
  become(run, rewindTo(run.state, lastSequence));
  openException(run, {
    kind: 'ledger_behind',
    subject: customer,
    message:
      `The ledger of ${customer} ends at batch ${lastSequence}, counted was up to ${counted}: it ` +
      'was restored to an earlier moment. Nothing is billed until somebody decides.',
  });
}

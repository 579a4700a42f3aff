/**
 * A dunning case that is to cancel first has its customer's workflow report all usage, since the
 * last invoice has what Stripe was told of. If that is not done in an hour, it cancels all the
 * same; what is missing then is found and told by the comparison of that invoice.
 */
import {
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import { billingWorkflowId } from '../src/core/ids';
import { flushForDunningSignal } from './contract';
import type { DunningRun } from './dunning-run';

/** Cases of release 0.1.0, and of those before this, cancel at once. */
const FLUSHED = '0.2.0-flush-before-cancel';
const ANSWER_PATIENCE = '5 minutes';
const TIMES_MAX = 12;

export async function flushBeforeCancel(run: DunningRun): Promise<void> {
  if (run.state.policy.giveUp !== 'cancel' || !patched(FLUSHED)) return;
  run.isFlushed = false;
  for (let times = 0; times < TIMES_MAX && !run.isFlushed; times += 1) {
    if (!(await ask(run))) return;
    const summary = 'until all usage is reported';
    // An invoice that is paid meanwhile cancels nothing.
    await condition(() => run.isFlushed || run.isChanged, ANSWER_PATIENCE, { summary });
    if (run.isChanged) return;
  }
}

/** False says that there is no such workflow, and nobody who could report. */
async function ask({ state: { customer, invoiceId } }: DunningRun): Promise<boolean> {
  try {
    const billing = getExternalWorkflowHandle(billingWorkflowId(customer));
    await billing.signal(flushForDunningSignal, invoiceId);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

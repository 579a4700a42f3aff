/**
 * Before a dunning case cancels: the last invoice has what Stripe was told of, so its customer's
 * workflow first reports all usage. Not reported in an hour, it is canceled all the same; what is
 * missing then is found and told by the comparison of that invoice.
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
    // Paid meanwhile: then nothing is canceled.
    await condition(() => run.isFlushed || run.isChanged, ANSWER_PATIENCE, { summary });
    if (run.isChanged) return;
  }
}

/** False: there is no such workflow, and nobody who could report. */
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

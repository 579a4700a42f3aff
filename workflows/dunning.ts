/**
 * `dunning:{invoice}`: the case of one unpaid invoice.
 *
 *   schedule  the catalog's, by day since the first failure: mails, access, the final action
 *   signal    invoiceChanged → the invoice is read again; paid, void or uncollectible ends the case
 *   update    pauseDunning → the rest of the schedule moves by the length of the pause
 *   end       reported to billing:{customer}, whatever run that is in
 *
 * Stripe retries the payment; nothing here charges. Before each step the invoice is read, so a lost
 * webhook costs time, but no mail about an invoice that is paid.
 */
import {
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import {
  caseOf,
  isGivenUp,
  isOvertaken,
  nextStep,
  outcomeOf,
  pauseDunning,
  resumeDunning,
  takeStep,
} from '../src/core/dunning/dunning';
import type { DueStep, DunningOutcome, DunningState } from '../src/core/dunning/dunning';
import { dunningFact } from '../src/core/dunning/dunning-notice';
import type { DunningNotice } from '../src/core/dunning/dunning-notice';
import { billingWorkflowId } from '../src/core/ids';
import {
  dunningStatusQuery,
  dunningSteppedSignal,
  invoiceChangedSignal,
  pauseDunningUpdate,
  usageFlushedSignal,
} from './contract';
import type { DunningInput, DunningResult } from './contract';
import { begin, carriedOf, noteTrouble, openRun, show, become } from './dunning-run';
import type { DunningRun } from './dunning-run';
import { flushBeforeCancel } from './flush-before-cancel';
import { isLong } from './long-run';
import { REFUSED_RETRY_MS, closes, ledger, stripe } from './proxies';
import { causeOf } from './failures';
import { continueOnCurrentVersion, handleMove } from './worker-version';

export async function dunning(input: DunningInput): Promise<DunningResult> {
  const run = openRun(input);
  handleMessages(run);
  begin(run, input);
  for (;;) {
    // A run that tries again every five minutes would come to the end of what Temporal keeps of it.
    if (run.isToMove()) await condition(allHandlersFinished);
    if ((run.isToMove() || isLong()) && allHandlersFinished())
      await continueOnCurrentVersion<typeof dunning>({ ...input, carried: carriedOf(run) });
    try {
      if (!run.isPolicyRead) await readPolicy(run);
      const result = await goOn(run);
      if (result) return result;
      noteTrouble(run, null);
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      noteTrouble(run, causeOf(error));
      const summary = 'until what Stripe refused is tried again';
      await condition(() => run.isAsked || run.isToMove(), REFUSED_RETRY_MS, { summary });
      run.isChanged = true;
    }
  }
}

async function readPolicy(run: DunningRun): Promise<void> {
  const policy = await ledger.readDunningPolicy({ customer: run.state.customer });
  become(run, { ...run.state, policy });
  run.isPolicyRead = true;
}

/** Does one thing after another, and answers the result once the case is closed. */
async function goOn(run: DunningRun): Promise<DunningResult | undefined> {
  const settled = await readInvoice(run);
  if (settled) return close(run, settled);
  if (isGivenUp(run.state) && run.state.policy.giveUp !== 'leave') return finish(run, 'given_up');
  const due = nextStep(run.state);
  // The schedule ends with it unpaid: access stays limited until it is paid after all.
  if (!due) await condition(() => run.isChanged || run.isToMove());
  else if (await waitUntilDue(run, due)) await take(run, due);
  return undefined;
}

function handleMessages(run: DunningRun): void {
  run.isToMove = handleMove();
  setHandler(invoiceChangedSignal, () => {
    run.isChanged = true;
    run.isAsked = true;
  });
  setHandler(pauseDunningUpdate, async ({ until, reason }) => {
    const now = Date.now();
    const isEnd = until !== null && until <= now;
    become(
      run,
      isEnd
        ? resumeDunning(run.state, now)
        : pauseDunning(run.state, { since: now, until, reason }),
    );
    const { customer, invoiceId } = run.state;
    const request = currentUpdateInfo()?.id ?? '';
    await ledger.recordDunningPause({ customer, invoiceId, request, until, reason });
  });
  setHandler(usageFlushedSignal, () => {
    run.isFlushed = true;
  });
  setHandler(dunningStatusQuery, () => run.state);
}

/** Answers how the case ends by what Stripe says now; undefined while it goes on. */
async function readInvoice(run: DunningRun): Promise<DunningOutcome | undefined> {
  while (run.isChanged) {
    run.isChanged = false;
    const { customer, invoiceId } = run.state;
    const invoice = await closes.readInvoice.executeWithOptions({ summary: invoiceId }, [
      { customer, invoiceId },
    ]);
    const outcome = outcomeOf(invoice.status);
    if (outcome) return outcome;
    become(run, { ...run.state, amountDueCents: invoice.amountRemainingCents });
  }
  if (run.isAsked) {
    run.isAsked = false;
    if (run.state.stepsTaken > 0) await report(run);
  }
  return undefined;
}

/** False says that time has gone by or something has happened: then all is looked at again. */
async function waitUntilDue(run: DunningRun, due: DueStep): Promise<boolean> {
  if (run.isChanged) return false;
  const { pause } = run.state;
  if (pause) {
    const isMoved = () => run.isChanged || run.isToMove() || run.state.pause !== pause;
    const summary = `paused: ${pause.reason}`;
    if (pause.until === null) await condition(isMoved);
    else if (!(await condition(isMoved, Math.max(1, pause.until - Date.now()), { summary })))
      become(run, resumeDunning(run.state, pause.until));
    return false;
  }
  const wait = due.at - Date.now();
  if (wait <= 0) return true;
  const isElsewhere = () => run.isChanged || run.isToMove() || run.state.pause !== null;
  const summary = `until day ${due.step.day}: ${due.step.action}`;
  if (!(await condition(isElsewhere, wait, { summary }))) run.isChanged = true;
  return false;
}

async function take(run: DunningRun, { step }: DueStep): Promise<void> {
  if (step.action === 'give_up' && !(await giveUp(run, step.day))) {
    run.isChanged = true;
    return;
  }
  await tell(run, takeStep(run.state, step), { kind: step.action, day: step.day });
  // The step is taken in the state as it is by now: it may have been paused meanwhile.
  become(run, takeStep(run.state, step));
  show(run, `day ${step.day} ${step.action}`);
  await report(run);
}

/** False says that it was settled in the last second, and nothing is given up. */
async function giveUp(run: DunningRun, day: number): Promise<boolean> {
  const { customer, invoiceId, policy } = run.state;
  if (policy.giveUp === 'leave') return true;
  await flushBeforeCancel(run);
  return stripe.giveUpInvoice.executeWithOptions({ summary: `day ${day}: ${policy.giveUp}` }, [
    { customer, invoiceId, action: policy.giveUp },
  ]);
}

/** When steps are overdue the app is told of each, and the customer of the latest. */
async function tell(
  run: DunningRun,
  nextState: DunningState,
  notice: DunningNotice,
): Promise<void> {
  const decidedAt = Date.now();
  const isOfAppOnly = notice.kind !== 'recovered' && isOvertaken(run.state, decidedAt);
  const summary = notice.day === null ? notice.kind : `day ${notice.day}: ${notice.kind}`;
  await ledger.notify.executeWithOptions({ summary }, [
    {
      customer: nextState.customer,
      type: 'dunning',
      fact: dunningFact(nextState, notice),
      channels: isOfAppOnly ? ['webhook'] : ['email', 'webhook'],
      decidedAt,
    },
  ]);
}

/**
 * Reports to whatever run of billing:{customer} there is; one that is gone reads it from Stripe.
 */
async function report({ state }: DunningRun): Promise<void> {
  try {
    await getExternalWorkflowHandle(billingWorkflowId(state.customer)).signal(
      dunningSteppedSignal,
      caseOf(state),
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    // A run that is not found was terminated. The next one asks where the case stands.
  }
}

/** Stripe settled it: the customer is told of a payment, not of what others decided. */
async function close(run: DunningRun, outcome: DunningOutcome): Promise<DunningResult> {
  const wasTold = run.state.stepsTaken > 0;
  become(run, { ...run.state, outcome, pause: null });
  if (outcome === 'recovered' && wasTold)
    await tell(run, run.state, { kind: 'recovered', day: null });
  return finish(run, outcome);
}

async function finish(run: DunningRun, outcome: DunningOutcome): Promise<DunningResult> {
  const { customer, invoiceId, stepsTaken, pausedMs, policy } = run.state;
  noteTrouble(run, null);
  show(run, outcome);
  await ledger.recordDunning({
    ...{ customer, invoiceId, outcome },
    detail: { stepsTaken, pausedMs, giveUp: policy.giveUp },
  });
  await condition(allHandlersFinished);
  return { outcome, stepsTaken };
}

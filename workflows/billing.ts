/**
 * `billing:{customer}`: the life of one customer's bill.
 *
 *   signals   usageRecorded → counted at once; stripeEvent → queued; dunningStepped → noted;
 *             recordUsage → to the ledger; moveToCurrentVersion → the run ends
 *   updates   changePlan, changeSubscription, grantTokens, resolveException, letGo
 *   loops     countUsage         reads from the ledger what signals skipped, or counts it again
 *             takeSignalled      usage that apps signalled, into the ledger
 *             recoverBilling     catches up, where a run was begun again
 *             reportUsage        sends billable tokens to Stripe, one report per rate at a time
 *             tellCustomer       thresholds of the allowance, once in a period
 *             upgradeCustomer    at the throttle point, for those who asked for it
 *             followStripe       reads again what Stripe hints at
 *             holdDrafts         keeps Stripe from finalizing a draft that is not compared
 *             closePeriods       brings each draft to equal the ledger before Stripe finalizes it
 *             watchDrafts        tells of drafts that are not compared, or do not leave
 *             letGoKeptDrafts    those that a pause kept, when it is over
 *             writeOffLate       late usage that the plan does not bill
 *             resolveExceptions  carries out what operators decide
 *   end       at a reset, when Temporal suggests it, after so many signals, or onto another version
 *             of the worker: continue as new
 *
 * Decisions are made in src/core; this file only says when.
 */
import { CancellationScope, log, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { emptyBillingState, upcast } from '../src/core/state/billing-state';
import type { BillingState } from '../src/core/state/billing-state';
import { withinBounds } from '../src/core/state-bounds';
import { countBatches } from '../src/core/counting/counting';
import { findDunningCase, withDunningCase } from '../src/core/dunning/dunning';
import { hintDrafts, isLeftOut, leaveOut, queueHint } from '../src/core/state/hints';
import { hintSubject } from '../src/core/state/stripe-event';
import { isCarriable } from '../src/core/usage/signalled-usage';
import { statementOf } from '../src/core/invoices/statement';
import { become } from './run';
import type { Run } from './run';
import { handleChanges } from './change-subscription';
import type { BillingInput } from './contract';
import {
  dunningSteppedSignal,
  statementQuery,
  statusQuery,
  stripeEventSignal,
  usageRecordedSignal,
} from './contract';
import { countUsage } from './count-usage';
import { endRun, runLoops, runs, untilComplete } from './end-of-run';
import { followStripe } from './follow-stripe';
import { holdDrafts } from './hold-drafts';
import { handleLetGo } from './let-go-customer';
import { letGoKeptDrafts } from './let-go-draft';
import { noteUsageAfterEnd } from './note-after-end';
import { closePeriods } from './period-close';
import { handleSignalledUsage, takeSignalled } from './record-usage';
import { recoverBilling } from './recover-billing';
import { reportRates } from './report-usage';
import { handleResolutions, resolveExceptions } from './resolve-exceptions';
import { tellCustomer } from './tell-customer';
import { upgradeCustomer } from './upgrade-customer';
import { watchDrafts } from './watch-drafts';
import { continueOnCurrentVersion, handleMove } from './worker-version';
import { writeOffLate } from './write-off-late';
import { causeOf, isRefusal } from './failures';
import { allPeriods } from '../src/core/state/periods';

const SIGNALS_PER_RUN_MAX = 1_000;
/** Runs of release 0.1.0 have no such marker in their history. */
const RELEASE = '0.2.0';
/** A run of 0.1.0 has not this one either before the first message that a worker of today took. */
const TAKEN_OVER = '0.2.0-taken-over';

const LOOPS = [
  countUsage,
  takeSignalled,
  recoverBilling,
  reportRates,
  tellCustomer,
  upgradeCustomer,
  followStripe,
  holdDrafts,
  closePeriods,
  watchDrafts,
  letGoKeptDrafts,
  writeOffLate,
  resolveExceptions,
];

export async function billing(input: BillingInput): Promise<void> {
  const run = openRun(input);
  goOnWhenCancelled(run);
  handleMessages(run);
  handleSignalledUsage(run);
  handleChanges(run);
  handleResolutions(run);
  handleLetGo(run);

  await CancellationScope.nonCancellable(() => liveOn(run, input.signalsPerRunMax));
  if (run.state.isLetGo) return;
  const { signalled } = run;
  const state = run.isTakenOver ? hintDrafts(run.state) : run.state;
  await continueOnCurrentVersion<typeof billing>({ ...input, state, signalled });
}

/** Lives until this run is to end. */
async function liveOn(run: Run, signalsPerRunMax?: number): Promise<void> {
  const loops = runLoops(run, LOOPS);
  try {
    await untilComplete(loops, () => isRunComplete(run, signalsPerRunMax));
    await endRun(run, loops);
  } catch (error) {
    // A failure that no loop has caught is a bug: it fails the task, which waits for a fix.
    if (isRefusal(error)) throw new Error(`a failure has left its loop: ${causeOf(error)}`);
    throw error;
  }
}

/** Whoever cancels the workflow ends this run, and loses nothing: the next goes on from here. */
function goOnWhenCancelled(run: Run): void {
  CancellationScope.current().cancelRequested.catch(() => {
    log.warn('billing was cancelled, and goes on in a new run');
    run.isCancelled = true;
  });
}

function openRun(input: BillingInput): Run {
  const isLegacy = !patched(RELEASE);
  const run: Run = {
    state: stateOf(input, isLegacy),
    isLegacy,
    isClosing: false,
    isReset: false,
    // The run before may have ended between hearing of a step and recording it.
    isUnrecorded: isLegacy ? (input.state?.dunning.length ?? 0) > 0 : input.state !== undefined,
    recordings: 0,
    readings: { begun: 0, inForce: 0 },
    news: new Map(),
    drafts: new Map(),
    signals: 0,
    stepsUnderWay: 0,
    signalled: input.signalled ?? [],
    signalsUnderWay: 0,
    isCancelled: false,
    isTakenOver: false,
    isToMove: () => false,
    published: '',
  };
  become(run, run.state);
  return run;
}

function stateOf({ state, customer }: BillingInput, isLegacy: boolean): BillingState {
  if (!state) return emptyBillingState(customer);
  return isLegacy ? upcast(state) : withinBounds(upcast(state));
}

/**
 * A run of 0.1.0 lets no draft go that today's webhook holds, nor looks at what today's runs do: it
 * goes on as one of today's at the first message, with the same state.
 */
function noteMessage(run: Run): void {
  run.signals += 1;
  if (run.isLegacy && patched(TAKEN_OVER)) run.isTakenOver = true;
}

function handleMessages(run: Run): void {
  run.isToMove = handleMove(() => noteMessage(run));
  setHandler(usageRecordedSignal, ({ batches, sentAt }) => {
    noteMessage(run);
    if (sentAt !== undefined) runs.usageTaken(sentAt);
    const previousState = run.state;
    become(run, countBatches(previousState, batches));
    noteUsageAfterEnd(run, previousState);
  });
  setHandler(stripeEventSignal, (hint) => {
    noteMessage(run);
    // Release 0.1.0 was told of it, and asked Stripe for nothing.
    if (run.isLegacy && !run.isTakenOver && hintSubject(hint.type) === 'card') return;
    if (!run.isLegacy && isLeftOut(run.state, hint))
      return become(run, leaveOut(run.state, hint, Date.now()));
    return become(run, queueHint(run.state, hint));
  });
  setHandler(dunningSteppedSignal, (dunningCase) => {
    noteMessage(run);
    // A case that was settled meanwhile stays settled.
    if (!findDunningCase(run.state, dunningCase.invoiceId)) return;
    become(run, withDunningCase(run.state, dunningCase));
    run.isUnrecorded = true;
  });
  setHandler(statusQuery, () => run.state);
  setHandler(statementQuery, () =>
    allPeriods(run.state).map((period) => statementOf(run.state, period)),
  );
}

const isRunComplete = (run: Run, signalsPerRunMax = SIGNALS_PER_RUN_MAX): boolean =>
  run.isReset ||
  run.isCancelled ||
  run.isTakenOver ||
  run.isToMove() ||
  run.state.isLetGo === true ||
  ((workflowInfo().continueAsNewSuggested || run.signals >= signalsPerRunMax) &&
    // While the ledger takes nothing more may wait than the next run can be given.
    isCarriable(run.signalled));

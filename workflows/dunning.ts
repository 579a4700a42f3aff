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
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import type { DunningPolicy } from '../src/core/catalog';
import {
  caseOf,
  isGivenUp,
  isOvertaken,
  nextStep,
  openDunning,
  outcomeOf,
  pauseDunning,
  resumeDunning,
  takeStep,
} from '../src/core/dunning';
import type { DueStep, DunningOutcome, DunningState } from '../src/core/dunning';
import { dunningDetails } from '../src/core/dunning-details';
import { dunningFact } from '../src/core/dunning-notice';
import type { DunningNotice } from '../src/core/dunning-notice';
import { billingWorkflowId } from '../src/core/ids';
import * as contract from './contract';
import type { DunningInput, DunningResult } from './contract';
import { ledger, REFUSED_RETRY, stripe } from './proxies';
import { causeOf } from './report-usage';
import { CustomerId, DunningStep, OpenException } from './search-attributes';

/** Until the catalog's is read. */
const NO_STEPS: DunningPolicy = { steps: [], giveUp: 'leave' };

interface Case {
  state: DunningState;
  /** The invoice is to be read before anything else is decided. */
  isChanged: boolean;
  /** By billing:{customer}, which may have forgotten where the case stands. */
  isAsked: boolean;
  /** What Stripe refuses at the moment. */
  trouble: string | null;
}

export async function dunning(input: DunningInput): Promise<DunningResult> {
  const state = openDunning(input, NO_STEPS);
  const open: Case = { state, isChanged: true, isAsked: false, trouble: null };
  handleMessages(open);
  show(open, 'opened');
  const policy = await ledger.readDunningPolicy({ customer: input.customer });
  update(open, { ...open.state, policy });
  for (;;) {
    try {
      const result = await goOn(open);
      if (result) return result;
      noteTrouble(open, null);
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      noteTrouble(open, causeOf(error));
      const summary = 'until what Stripe refused is tried again';
      await condition(() => open.isAsked, REFUSED_RETRY, { summary });
      open.isChanged = true;
    }
  }
}

/** One thing after another; the result, once the case is closed. */
async function goOn(open: Case): Promise<DunningResult | undefined> {
  const settled = await readInvoice(open);
  if (settled) return close(open, settled);
  if (isGivenUp(open.state) && open.state.policy.giveUp !== 'leave')
    return finish(open, 'given_up');
  const due = nextStep(open.state);
  // The schedule ends with it unpaid: access stays limited until it is paid after all.
  if (!due) await condition(() => open.isChanged);
  else if (await isTime(open, due)) await take(open, due);
  return undefined;
}

function handleMessages(open: Case): void {
  setHandler(contract.invoiceChanged, () => {
    open.isChanged = true;
    open.isAsked = true;
  });
  setHandler(contract.pauseDunning, async ({ until, reason }) => {
    const now = Date.now();
    const isEnd = until !== null && until <= now;
    update(
      open,
      isEnd
        ? resumeDunning(open.state, now)
        : pauseDunning(open.state, { since: now, until, reason }),
    );
    const { customer, invoiceId } = open.state;
    const request = currentUpdateInfo()?.id ?? '';
    await ledger.recordDunningPause({ customer, invoiceId, request, until, reason });
  });
  setHandler(contract.dunningStatus, () => open.state);
}

function update(open: Case, state: DunningState): void {
  open.state = state;
  setCurrentDetails(dunningDetails(state, open.trouble));
}

function show(open: Case, step: string): void {
  upsertSearchAttributes([
    { key: CustomerId, value: open.state.customer },
    { key: DunningStep, value: step },
  ]);
  update(open, open.state);
}

function noteTrouble(open: Case, trouble: string | null): void {
  if (trouble === open.trouble) return;
  open.trouble = trouble;
  upsertSearchAttributes([{ key: OpenException, value: trouble && 'stripe_refused' }]);
  update(open, open.state);
}

/** How the case ends by what Stripe says now; undefined: it goes on. */
async function readInvoice(open: Case): Promise<DunningOutcome | undefined> {
  while (open.isChanged) {
    open.isChanged = false;
    const { customer, invoiceId } = open.state;
    const invoice = await stripe.readInvoice.executeWithOptions({ summary: invoiceId }, [
      { customer, invoiceId },
    ]);
    const outcome = outcomeOf(invoice.status);
    if (outcome) return outcome;
    update(open, { ...open.state, amountDueCents: invoice.amountRemainingCents });
  }
  if (open.isAsked) {
    open.isAsked = false;
    if (open.state.stepsTaken > 0) await report(open);
  }
  return undefined;
}

/** False when time has gone by or something has happened: then all is looked at again. */
async function isTime(open: Case, due: DueStep): Promise<boolean> {
  if (open.isChanged) return false;
  const { pause } = open.state;
  if (pause) {
    const isMoved = () => open.isChanged || open.state.pause !== pause;
    const summary = `paused: ${pause.reason}`;
    if (pause.until === null) await condition(isMoved);
    else if (!(await condition(isMoved, Math.max(1, pause.until - Date.now()), { summary })))
      update(open, resumeDunning(open.state, pause.until));
    return false;
  }
  const wait = due.at - Date.now();
  if (wait <= 0) return true;
  const isElsewhere = () => open.isChanged || open.state.pause !== null;
  const summary = `until day ${due.step.day}: ${due.step.action}`;
  if (!(await condition(isElsewhere, wait, { summary }))) open.isChanged = true;
  return false;
}

async function take(open: Case, { step }: DueStep): Promise<void> {
  if (step.action === 'give_up' && !(await giveUp(open, step.day))) {
    open.isChanged = true;
    return;
  }
  await tell(open, takeStep(open.state, step), { kind: step.action, day: step.day });
  // Of the state as it is by now: it may have been paused meanwhile.
  update(open, takeStep(open.state, step));
  show(open, `day ${step.day} ${step.action}`);
  await report(open);
}

/** False: it was settled in the last second, and nothing is given up. */
async function giveUp({ state }: Case, day: number): Promise<boolean> {
  const { customer, invoiceId, policy } = state;
  if (policy.giveUp === 'leave') return true;
  return stripe.giveUpInvoice.executeWithOptions({ summary: `day ${day}: ${policy.giveUp}` }, [
    { customer, invoiceId, action: policy.giveUp },
  ]);
}

/** When steps are overdue the app is told of each, and the customer of the latest. */
async function tell(open: Case, after: DunningState, notice: DunningNotice): Promise<void> {
  const decidedAt = Date.now();
  const isOfAppOnly = notice.kind !== 'recovered' && isOvertaken(open.state, decidedAt);
  const summary = notice.day === null ? notice.kind : `day ${notice.day}: ${notice.kind}`;
  await ledger.notify.executeWithOptions({ summary }, [
    {
      customer: after.customer,
      type: 'dunning',
      fact: dunningFact(after, notice),
      channels: isOfAppOnly ? ['webhook'] : ['email', 'webhook'],
      decidedAt,
    },
  ]);
}

/** To whatever run of billing:{customer} there is; one that is gone reads it from Stripe. */
async function report({ state }: Case): Promise<void> {
  try {
    await getExternalWorkflowHandle(billingWorkflowId(state.customer)).signal(
      contract.dunningStepped,
      caseOf(state),
    );
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Not found: terminated. The next one asks where the case stands.
  }
}

/** Stripe settled it: the customer is told of a payment, not of what others decided. */
async function close(open: Case, outcome: DunningOutcome): Promise<DunningResult> {
  const wasTold = open.state.stepsTaken > 0;
  update(open, { ...open.state, outcome, pause: null });
  if (outcome === 'recovered' && wasTold)
    await tell(open, open.state, { kind: 'recovered', day: null });
  return finish(open, outcome);
}

async function finish(open: Case, outcome: DunningOutcome): Promise<DunningResult> {
  const { customer, invoiceId, stepsTaken, pausedMs, policy } = open.state;
  noteTrouble(open, null);
  show(open, outcome);
  await ledger.recordDunning({
    ...{ customer, invoiceId, outcome },
    detail: { stepsTaken, pausedMs, giveUp: policy.giveUp },
  });
  await condition(allHandlersFinished);
  return { outcome, stepsTaken };
}

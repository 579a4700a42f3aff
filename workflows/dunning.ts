/**
 * `dunning:{invoice}`: the case of one unpaid invoice.
 *
 *   schedule  the catalog's, by day since the first failure: mails, access, the final action
 *   signal    invoiceChanged → the invoice is read again; paid, void or uncollectible ends the case
 *   update    pauseDunning → the rest of the schedule moves by the length of the pause
 *   end       reported to billing:{customer}, whatever run that is in
 *
 * Stripe retries the payment; nothing here charges.
 */
import {
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  nextStep,
  openDunning,
  outcomeOf,
  pauseDunning,
  resumeDunning,
  takeStep,
} from '../src/core/dunning';
import type { DueStep, DunningOutcome, DunningState } from '../src/core/dunning';
import { dunningDetails } from '../src/core/details';
import { dunningFact } from '../src/core/dunning-notice';
import type { DunningNotice } from '../src/core/dunning-notice';
import { billingWorkflowId } from '../src/core/ids';
import * as contract from './contract';
import type { DunningInput, DunningResult } from './contract';
import { ledger, stripe } from './proxies';

const CustomerId = defineSearchAttributeKey('CustomerId', SearchAttributeType.KEYWORD);
const DunningStep = defineSearchAttributeKey('DunningStep', SearchAttributeType.KEYWORD);

interface Case {
  state: DunningState;
  isChanged: boolean;
}

export async function dunning(input: DunningInput): Promise<DunningResult> {
  const policy = await ledger.readDunningPolicy({ customer: input.customer });
  const open: Case = { state: openDunning(input, policy), isChanged: true };
  show(open, 'opened');
  handleMessages(open);
  for (;;) {
    const settled = await readInvoice(open);
    if (settled) return close(open, settled);
    const due = nextStep(open.state);
    if (!due || isOver(open.state)) {
      if (policy.giveUp !== 'leave') return finish(open, 'given_up');
      // Left as it is at Stripe: access stays limited until it is paid after all.
      await condition(() => open.isChanged);
      continue;
    }
    if (await isTime(open, due)) await take(open, due);
  }
}

const isOver = ({ outcome }: DunningState): boolean => outcome === 'given_up';

function handleMessages(open: Case): void {
  setHandler(contract.invoiceChanged, () => {
    open.isChanged = true;
  });
  setHandler(contract.pauseDunning, ({ until, reason }) => {
    const now = Date.now();
    const isEnd = until !== null && until <= now;
    update(
      open,
      isEnd
        ? resumeDunning(open.state, now)
        : pauseDunning(open.state, { since: now, until, reason }),
    );
  });
  setHandler(contract.dunningStatus, () => open.state);
}

function update(open: Case, state: DunningState): void {
  open.state = state;
  setCurrentDetails(dunningDetails(state));
}

function show(open: Case, step: string): void {
  upsertSearchAttributes([
    { key: CustomerId, value: open.state.customer },
    { key: DunningStep, value: step },
  ]);
  setCurrentDetails(dunningDetails(open.state));
}

/** How the case ends by what Stripe says now; undefined: it goes on. */
async function readInvoice(open: Case): Promise<DunningOutcome | undefined> {
  if (!open.isChanged) return undefined;
  open.isChanged = false;
  const { customer, invoiceId } = open.state;
  const invoice = await stripe.readInvoice.executeWithOptions({ summary: invoiceId }, [
    { customer, invoiceId },
  ]);
  return outcomeOf(invoice.status) ?? undefined;
}

/** False when something happened first: then all is looked at again. */
async function isTime(open: Case, due: DueStep): Promise<boolean> {
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
  return !(await condition(isElsewhere, wait, { summary }));
}

async function take(open: Case, { step }: DueStep): Promise<void> {
  if (step.action === 'give_up') {
    // Paid in the last second: nothing is given up.
    open.isChanged = true;
    if (await isSettledNow(open)) return;
  }
  const after = takeStep(open.state, step);
  await tell(after, { kind: step.action, day: step.day });
  if (step.action === 'give_up') await giveUp(open);
  update(open, after);
  show(open, `day ${step.day} ${step.action}`);
  await report(open, step.day);
}

async function isSettledNow(open: Case): Promise<boolean> {
  const settled = await readInvoice(open);
  open.isChanged = settled !== undefined;
  return settled !== undefined;
}

async function giveUp({ state: { customer, invoiceId, policy } }: Case): Promise<void> {
  if (policy.giveUp === 'leave') return;
  await stripe.giveUpInvoice.executeWithOptions({ summary: policy.giveUp }, [
    { customer, invoiceId, action: policy.giveUp },
  ]);
}

async function tell(state: DunningState, notice: DunningNotice): Promise<void> {
  await ledger.notify.executeWithOptions({ summary: notice.kind }, [
    {
      customer: state.customer,
      type: 'dunning',
      fact: dunningFact(state, notice),
      channels: ['email', 'webhook'],
      decidedAt: Date.now(),
    },
  ]);
}

/** To whatever run of billing:{customer} there is; one that is gone reads it from Stripe. */
async function report({ state }: Case, day: number): Promise<void> {
  try {
    await getExternalWorkflowHandle(billingWorkflowId(state.customer)).signal(
      contract.dunningStepped,
      { invoiceId: state.invoiceId, day, access: state.access, isGivenUp: isOver(state) },
    );
  } catch {
    // Not found: terminated. It learns of the case again from the invoice.
  }
}

/** Stripe settled it: the customer is told of a payment, not of what others decided. */
async function close(open: Case, outcome: DunningOutcome): Promise<DunningResult> {
  const wasTold = open.state.stepsTaken > 0;
  update(open, { ...open.state, outcome });
  if (outcome === 'recovered' && wasTold) await tell(open.state, { kind: 'recovered', day: null });
  return finish(open, outcome);
}

async function finish(open: Case, outcome: DunningOutcome): Promise<DunningResult> {
  const { customer, invoiceId, stepsTaken, pausedMs, policy } = open.state;
  show(open, outcome);
  await ledger.recordDunning({
    ...{ customer, invoiceId, outcome },
    detail: { stepsTaken, pausedMs, giveUp: policy.giveUp },
  });
  return { outcome, stepsTaken };
}

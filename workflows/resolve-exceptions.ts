/** Carries out what operators decide about exceptions. Every decision is an audit entry. */
import { setHandler } from '@temporalio/workflow';
import { afterEndValueCents, withoutAfterEnd } from '../src/core/subscription/after-end';
import { findGap, giveUpGap, openUsage } from '../src/core/subscription/unbilled-gap';
import { goneValueCents, writeOffGone } from '../src/core/state/customer-gone';
import { closeCorrection, uninvoicedCorrections } from '../src/core/invoices/correction';
import { assertResolvable, resolutionSubject, withResolution } from '../src/core/state/exceptions';
import {
  giveUpInTime,
  uninvoicedInTime,
  uninvoicedSubjectOf,
} from '../src/core/invoices/late-by-us';
import { hintAll, hintSubscription, LEFT_OUT } from '../src/core/state/hints';
import { uninvoicedValueCents } from '../src/core/invoices/settlement';
import { acceptPrice } from '../src/core/plans/sold-prices';
import { writeOffUnpriced } from '../src/core/counting/unpriced';
import type { Run } from './run';
import { closeException, openException, project, become } from './run';
import { closeErrand, isRefused, tryOnce } from './attempt';
import type { Errand } from './attempt';
import { resolveExceptionUpdate } from './contract';
import { resolveUnbilled } from './explain-unbilled';
import { resolveGoneInvoice } from './gone-invoice';
import { letGo } from './let-go-draft';
import { noteUsageAfterEnd } from './note-after-end';
import { REFUSED_RETRY_MS, holds, ledger } from './proxies';
import { until } from './until';
import { resolveDifference } from './resolve-difference';
import { refusing, causeOf, isRefusal } from './failures';
import type { PeriodState } from '../src/core/state/period-state';
import { allPeriods, archive, lastOpenOf, withPeriod } from '../src/core/state/periods';
import type {
  BillingException,
  ExceptionKind,
  ExceptionResolution,
  Resolved,
  UnbilledGap,
} from '../src/core/state/remembered';

/** These may be tried again while a run that was begun again catches up. */
const REFUSALS: readonly ExceptionKind[] = ['report_refused', 'stripe_refused', 'record_refused'];

export function handleResolutions(run: Run): void {
  setHandler(
    resolveExceptionUpdate,
    (decision) => {
      run.signals += 1;
      become(run, withResolution(run.state, decision));
    },
    { validator: (decision) => refusing(run, () => assertResolvable(run.state, decision)) },
  );
}

export async function resolveExceptions(run: Run): Promise<void> {
  const refusals = new Map<string, ExceptionResolution>();
  const isDue = (one: BillingException): one is Resolved =>
    one.resolution !== undefined &&
    (!run.state.recovering || REFUSALS.includes(one.kind)) &&
    !isSetAside(run, refusals, one as Resolved);
  const next = () => run.state.exceptions.find(isDue);
  for (;;) {
    // What was refused is set aside: other decisions go on, one to try it again among them.
    await until(run, () => next() !== undefined, refusals.size > 0 ? REFUSED_RETRY_MS : undefined);
    if (run.isClosing) return;
    const exception = next();
    if (!exception) {
      forgetOverdue(run, refusals);
      continue;
    }
    const errand = errandOf(exception);
    const { resolution } = exception;
    if (await tryOnce(run, errand, () => resolve(run, exception))) refusals.delete(errand.subject);
    else refusals.set(errand.subject, resolution);
  }
}

const errandOf = ({ kind, subject, resolution }: Resolved): Errand => ({
  subject: resolutionSubject({ kind, subject }),
  what: `${resolution.kind} of ${kind} ${subject}, as ${resolution.by} has decided, failed`,
});

/** All are tried again; nothing is told of what was put right meanwhile, without the decision. */
function forgetOverdue(run: Run, refusals: Map<string, ExceptionResolution>): void {
  const decided = run.state.exceptions
    .filter(({ resolution }) => resolution)
    .map(resolutionSubject);
  for (const subject of refusals.keys())
    if (!decided.includes(subject)) closeErrand(run, { subject });
  refusals.clear();
}

/** It stays aside until another decision, `retry` of the refusal, or its time. */
function isSetAside(
  run: Run,
  refusals: ReadonlyMap<string, ExceptionResolution>,
  exception: Resolved,
): boolean {
  const errand = errandOf(exception);
  return refusals.get(errand.subject) === exception.resolution && isRefused(run, errand);
}

async function resolve(run: Run, exception: Resolved): Promise<void> {
  const { kind, subject } = exception;
  const { customer } = run.state;
  const period = periodOf(run, subject);
  if (kind === 'invoice_differs' && period) return resolveDifference(run, exception, period);
  if (kind === 'invoice_differs' && !run.isLegacy) return resolveUnbilled(run, exception);
  const inTime = kind === 'usage_uninvoiced' ? inTimeOf(run, subject) : undefined;
  if (inTime) return writeOffInTime(run, exception, inTime.start);
  if (kind === 'usage_uninvoiced') return writeOffLastPeriod(run, exception);
  if (kind === 'invoice_gone') return resolveGoneInvoice(run, exception);
  if (kind === 'customer_deleted') return writeOffDeleted(run, exception);
  if (kind === 'correction_uninvoiced') return settleByHand(run, exception);
  if (kind === 'usage_after_end') return writeOffAfterEnd(run, exception);
  await ledger.recordResolution({ customer, exception, differences: [], valueCents: '0' });
  if (kind === 'price_differs') return resolvePrice(run, exception);
  if (kind === 'usage_unpriced') return become(run, writeOffUnpriced(run.state, subject));
  if (kind === 'finalization_failed' || kind === 'invoice_not_advancing')
    return finalizeAfterAll(run, exception);
  closeException(run, kind, subject);
  if (kind === LEFT_OUT.kind && subject === LEFT_OUT.subject) become(run, hintAll(run.state));
  if (kind === 'subscription_duplicate' || kind === 'items_exceeded')
    become(run, hintSubscription(run.state));
}

/**
 * The decision stands until it is done: if the end of the run cuts it short, the next one does it.
 */
async function finalizeAfterAll(run: Run, exception: Resolved): Promise<void> {
  const { customer } = run.state;
  const { kind, subject, resolution } = exception;
  if (run.isLegacy) closeException(run, kind, subject);
  try {
    if (kind === 'finalization_failed')
      await holds.finalizeInvoice({ customer, invoiceId: subject });
    else await letGo(run, subject, resolution.reason);
    closeException(run, kind, subject);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    closeException(run, kind, subject);
    openException(run, {
      ...{ kind, subject },
      message: `Stripe could not finalize invoice ${subject}: ${causeOf(error)}`,
    });
  }
}

/** What is accepted is in the terms with the next reading, or asked about again; so is a retry. */
function resolvePrice(run: Run, { kind, subject, resolution }: Resolved): void {
  const acceptedState =
    resolution.kind === 'accept_stripe' ? acceptPrice(run.state, subject) : undefined;
  become(run, hintSubscription(acceptedState ?? run.state));
  closeException(run, kind, subject);
}

const periodOf = ({ state }: Run, invoiceId: string): PeriodState | undefined =>
  allPeriods(state).find(({ invoice }) => invoice?.id === invoiceId);

/** What is on record is given up: what came meanwhile is told anew. */
async function writeOffAfterEnd(run: Run, exception: Resolved): Promise<void> {
  const { customer, afterEnd } = run.state;
  const gap = findGap(run.state, exception.subject);
  if (gap) return writeOffGap(run, exception, gap);
  const valueCents = afterEndValueCents(run.state);
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  become(run, withoutAfterEnd(run.state, afterEnd));
  closeException(run, exception.kind, exception.subject);
  if (run.state.afterEnd) noteUsageAfterEnd(run, withoutAfterEnd(run.state));
}

/** What came late for it meanwhile is told anew. */
async function writeOffGap(run: Run, exception: Resolved, gap: UnbilledGap): Promise<void> {
  const { customer } = run.state;
  const { valueCents } = openUsage(gap);
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  closeException(run, exception.kind, exception.subject);
  const previousState = run.state;
  become(run, giveUpGap(previousState, gap));
  noteUsageAfterEnd(run, previousState);
}

const inTimeOf = ({ state }: Run, subject: string) =>
  uninvoicedInTime(state).find(({ start }) => uninvoicedSubjectOf(state, start) === subject);

/** Somebody has credited or charged it at Stripe by hand, or it is given up. */
async function settleByHand(run: Run, exception: Resolved): Promise<void> {
  const { state } = run;
  const due = uninvoicedCorrections(state).find(
    ({ start }) => uninvoicedSubjectOf(state, start) === exception.subject,
  );
  const valueCents = String(due?.cents ?? 0);
  const { customer } = state;
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  if (due) become(run, closeCorrection(run.state, due.start));
  closeException(run, exception.kind, exception.subject);
}

/** The loop of late usage then writes it off, with its value. */
async function writeOffInTime(run: Run, exception: Resolved, start: number) {
  const { customer } = run.state;
  await ledger.recordResolution({ customer, exception, differences: [], valueCents: '0' });
  become(run, giveUpInTime(run.state, start));
  closeException(run, exception.kind, exception.subject);
}

/** The subscription has ended and its last period is on no invoice: it is put away as it is. */
async function writeOffLastPeriod(run: Run, exception: Resolved): Promise<void> {
  const { customer } = run.state;
  const last = lastOpenOf(run.state, exception.subject);
  const valueCents = last ? uninvoicedValueCents(last) : '0';
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  if (last) {
    const settled = { ...last, phase: 'void' as const, settlement: exception.message };
    become(run, archive(withPeriod(run.state, settled), last.start));
  }
  closeException(run, exception.kind, exception.subject);
  await project(run);
}

async function writeOffDeleted(run: Run, exception: Resolved): Promise<void> {
  const { customer } = run.state;
  const valueCents = goneValueCents(run.state);
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  become(run, writeOffGone(run.state, exception.message));
  closeException(run, exception.kind, exception.subject);
  await project(run);
}

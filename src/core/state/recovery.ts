/**
 * Goes on for a customer whose workflow has lost its state: it was terminated, or Temporal's data
 * were lost. It continues from the last snapshot, or, where there is none, from the periods on
 * record, with the batches since. Nothing is billed until the ledger is read to its end and what
 * Stripe has is known.
 */
import type { BillingPast, RecordedResolution } from './billing-past';
import type { BillingState } from './billing-state';
import { upcast } from './billing-state';
import { findException, isAcceptance } from './exceptions';
import { inOrderOfUse, returnToGrants } from '../counting/grants';
import { ourHint, queueHint } from './hints';
import { noteLateItem, settleLate } from '../invoices/late-items';
import { alignReported, billDifferenceLater } from '../invoices/settlement';
import type { PeriodState, RateState } from './period-state';
import {
  allPeriods,
  findAnyPeriod,
  findPeriod,
  requestRecount,
  withPeriod,
  acceptsUsage,
  NO_TOKENS,
} from './periods';
import type { TokenGrant, RecordedSettlement } from './remembered';
import type { InvoiceSnapshot } from '../invoices/invoice-snapshot';
import { describeDifferences, invoicedTokens } from '../proof/differences';
import { addLate, NO_LATE_TOKENS } from '../counting/late-tokens';

export const isLedgerRead = ({ recovering, recount, awaitsPeriod, ...state }: BillingState) =>
  recovering !== undefined &&
  recount === null &&
  (awaitsPeriod || state.appliedSequence >= recovering.untilSequence);

/** `newState` is what the new run has heard so far. */
export function goOnFrom(
  newState: BillingState,
  past: BillingPast,
  grants: readonly TokenGrant[],
): BillingState {
  const restoredState = past.snapshot ? upcast(past.snapshot) : rebuilt(newState, past, grants);
  const { lastSequence, settlements, invoices, charges = [] } = past;
  const missed = [
    ...invoices.map((id) => ourHint('invoice.updated', id)),
    ...charges.map((id) => ourHint(REFUNDED, id)),
  ];
  const heard = [...newState.stripeEvents, ...missed].reduce(queueHint, restoredState);
  const state: BillingState = {
    ...heard,
    knownSequence: Math.max(restoredState.knownSequence, newState.knownSequence, lastSequence),
    awaitsPeriod: false,
    periods: restoredState.periods.map(withoutInFlight),
    exceptions: [
      ...restoredState.exceptions,
      ...newState.exceptions.filter(isNewTo(restoredState)),
    ],
    recovering: { untilSequence: lastSequence, settlements, invoices },
  };
  return withNewGrants(past.resolutions.reduce(decideAgain, state), grants);
}

/** What is read then tells what it was. */
const REFUNDED = 'charge.refunded';

const isNewTo =
  (state: BillingState) =>
  ({ kind, subject }: BillingState['exceptions'][number]): boolean =>
    !findException(state, { kind, subject });

/** Without a snapshot everything is counted once more, and what is final is found out later. */
function rebuilt(
  newState: BillingState,
  { periods: recorded, firstSequence }: BillingPast,
  grants: readonly TokenGrant[],
): BillingState {
  const periods = recorded.map(({ subscriptionId: id, ...known }): PeriodState => {
    const { start, end, terms, invoice } = known;
    const counts = { usedTokens: 0, unpricedTokens: 0, rates: {} };
    const former = id && id !== newState.subscriptionId ? { subscriptionId: id } : {};
    // Which plans it had before is not on record.
    return { ...former, start, end, terms, formerRates: [], phase: 'open', ...counts, invoice };
  });
  const archived = recorded.filter(({ isArchived }) => isArchived);
  const unused = returnToGrants(grants, archived as unknown as PeriodState[]);
  return { ...newState, appliedSequence: firstSequence - 1, periods, grants: inOrderOfUse(unused) };
}

/** The meter tells later whether Stripe got it. */
const withoutInFlight = (period: PeriodState): PeriodState =>
  withRates(period, (rate) => ({ ...rate, inFlight: null }));

function withRates(period: PeriodState, change: (rate: RateState) => RateState): PeriodState {
  const rates = Object.entries(period.rates).map(([id, rate]) => [id, change(rate)] as const);
  return { ...period, rates: Object.fromEntries(rates) };
}

/**
 * What Stripe got is what its meter has. Reports go on under numbers made of the time (Unix
 * milliseconds): whatever was lost, none of these was given to a report before.
 */
export function alignRecovered(
  state: BillingState,
  start: number,
  meterTokens: Readonly<Record<string, number>>,
  now: number,
): BillingState {
  const period = findPeriod(state, start);
  if (!period) return state;
  const aligned = alignReported(state, start, meterTokens);
  const renumbered = withRates(findPeriod(aligned, start) ?? period, (rate) => ({
    ...rate,
    reports: Math.max(rate.reports, now),
  }));
  return withPeriod(aligned, renumbered);
}

/**
 * It was decided, and perhaps not carried out: that is done again. What was accepted stays
 * accepted.
 */
function decideAgain(
  state: BillingState,
  decided: RecordedResolution,
  at: number,
  all: readonly RecordedResolution[],
): BillingState {
  const { exception, resolution, differences } = decided;
  const { kind, subject, since } = exception;
  const exceptions = state.exceptions.map((one) =>
    one.kind === kind && one.subject === subject && one.since === since
      ? { ...one, resolution }
      : one,
  );
  const period = allPeriods(state).find(({ invoice }) => invoice?.id === subject);
  // An acceptance that another followed is none any more: the snapshot may have the later one.
  const isAccepted =
    accepts(decided, subject) && !all.slice(at + 1).some((later) => accepts(later, subject));
  const settlement = describeDifferences(differences);
  if (!period || !isAccepted || period.settlement === settlement) return { ...state, exceptions };
  return withPeriod({ ...state, exceptions }, { ...period, settlement, settledAtEnd: undefined });
}

const accepts = ({ exception, resolution }: RecordedResolution, invoiceId: string): boolean =>
  exception.kind === 'invoice_differs' &&
  exception.subject === invoiceId &&
  isAcceptance(resolution.kind);

/** They were given after the snapshot was taken. */
function withNewGrants(state: BillingState, grants: readonly TokenGrant[]): BillingState {
  const oldest = allPeriods(state)[0]?.start ?? 0;
  const knownIds = new Set(state.grants.map(({ id }) => id));
  const newGrants = grants
    .filter(({ id, expiresAt }) => !knownIds.has(id) && (expiresAt === null || expiresAt > oldest))
    .map((grant) => ({ ...grant, usedTokens: 0 }));
  if (newGrants.length === 0) return state;
  const all = inOrderOfUse([...state.grants, ...newGrants]);
  return requestRecount({ ...state, grants: all }, 'grants were found on record');
}

/** Once the ledger is read, what was settled of late usage is so, and is never settled again. */
export function settleRecorded(state: BillingState): BillingState {
  return (state.recovering?.settlements ?? []).reduce(settleOnRecord, state);
}

function settleOnRecord(state: BillingState, recorded: RecordedSettlement): BillingState {
  const { item, invoiceId } = recorded;
  const period = findAnyPeriod(state, item.periodStart);
  if (!period) return state;
  const late = period.late?.[item.rateId] ?? NO_LATE_TOKENS;
  const prepared = addLate(period, item.rateId, 0);
  const settled = settleLate(withPeriod(state, prepared), item);
  const settledPeriod = findAnyPeriod(settled, item.periodStart);
  if (!settledPeriod || settledPeriod.late?.[item.rateId]?.settlements === late.settlements)
    return state;
  // They were counted with what was in time, because nobody knew yet that the period was final.
  const counted = late.tokens - late.settledTokens;
  const isMoved = acceptsUsage(settledPeriod) && counted !== item.tokens;
  const movedPeriod = isMoved
    ? moveToLate(settledPeriod, item.rateId, item.tokens - counted)
    : settledPeriod;
  const billed = state.periods.find(({ invoice }) => invoice?.id === (invoiceId ?? ''));
  const notedState = withPeriod(settled, movedPeriod);
  return billed ? noteLateItem(notedState, billed.start, item) : notedState;
}

function moveToLate(period: PeriodState, rateId: string, tokens: number): PeriodState {
  const rate = period.rates[rateId] ?? { ...NO_TOKENS, lastSecond: period.start };
  const rates = { ...period.rates, [rateId]: { ...rate, tokens: rate.tokens - tokens } };
  return addLate({ ...period, rates }, rateId, tokens);
}

/**
 * Stripe finalized the invoice while nobody counted. If it bills what the meter has, the rest was
 * not there in time: it is late. Anything else is a difference for an operator.
 */
export function billRestLater(
  state: BillingState,
  start: number,
  invoice: InvoiceSnapshot,
): BillingState {
  const period = findAnyPeriod(state, start);
  if (!state.recovering || !period || !acceptsUsage(period)) return state;
  const isAsTheMeter = Object.entries(period.rates).every(
    ([rateId, { reportedTokens }]) => invoicedTokens(period, invoice, rateId) === reportedTokens,
  );
  if (!isAsTheMeter || period.settlement !== undefined) return state;
  return billDifferenceLater(state, start, invoice);
}

/** It is followed once everything is counted. */
export function postponeInvoice(state: BillingState, invoiceId: string): BillingState {
  const { recovering } = state;
  if (!recovering || recovering.invoices.includes(invoiceId)) return state;
  const invoices = [...recovering.invoices, invoiceId];
  return { ...state, recovering: { ...recovering, invoices } };
}

export const noteCounted = (state: BillingState): BillingState =>
  state.recovering
    ? { ...state, recovering: { ...state.recovering, settlements: [], isCounted: true } }
    : state;

export const endRecovery = ({ recovering: _, ...state }: BillingState): BillingState => state;

/** The ledger has fewer batches than were counted: it was restored, and numbers come again. */
export const rewindTo = (state: BillingState, lastSequence: number): BillingState =>
  requestRecount(
    { ...state, appliedSequence: lastSequence, knownSequence: lastSequence },
    'the ledger has fewer batches than were counted',
  );

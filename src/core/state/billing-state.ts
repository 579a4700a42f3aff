/**
 * What a billing workflow remembers, and nothing else: it is carried from run to run, shown by the
 * `status` query, and must stay far below 32 KB. All values are plain JSON.
 */
import type { Answered } from './answers';
import type { DunningCase } from './dunning';
import type { BillingException } from './exceptions';
import type { TokenGrant } from './grants';
import type { LateItem, LateRate } from './late-usage';
import type { MoneyBack } from './money-back';
import type { PlanTerms, Rate } from './plan';
import type { StatementInvoice } from './statement';
import type { StripeEventHint } from './stripe-event';
import type { SubscriptionStanding } from './subscription';

export const BILLING_STATE_VERSION = 1;

export interface BillingState {
  readonly schemaVersion: typeof BILLING_STATE_VERSION;
  readonly customer: string;
  readonly stripeCustomerId: string | null;
  readonly subscriptionId: string | null;
  readonly billingStatus: BillingStatus;
  /** What else holds for the subscription: a plan to come, an end to come, collection paused. */
  readonly standing: SubscriptionStanding;
  /** All usage batches up to this one are counted, none beyond. */
  readonly appliedSequence: number;
  /** The highest sequence heard of; above appliedSequence there is something to read. */
  readonly knownSequence: number;
  /** The next batch lies beyond the known periods: it waits until Stripe tells the next one. */
  readonly awaitsPeriod: boolean;
  /** What is billed has changed under usage already counted: the ledger is to be counted again. */
  readonly recount: RecountRequest | null;
  /** Recounts asked for so far; numbers the next. Absent: none. */
  readonly recounts?: number;
  /** Oldest first. The last is the current one. */
  readonly periods: readonly PeriodState[];
  /** Paid (or void) periods, as long as late usage for them may still come. Oldest first. */
  readonly archived: readonly PeriodState[];
  readonly grants: readonly TokenGrant[];
  /** Hints not yet followed. */
  readonly stripeEvents: readonly StripeEventHint[];
  /** Usage that no period takes: before the first one, or after the last. */
  readonly unbilledTokens: number;
  readonly exceptions: readonly BillingException[];
  /** One case per unpaid invoice, while it is unpaid. */
  readonly dunning: readonly DunningCase[];
  /** Of the latest requests that may be repeated. */
  readonly answers: readonly Answered[];
  /** Refunds and disputes, by charge. */
  readonly moneyBack: readonly MoneyBack[];
}

/**
 * pending: Stripe not read yet · trialing · active · past_due: an invoice is unpaid ·
 * paused: a trial ended without a way to pay · ended.
 */
export type BillingStatus = 'pending' | 'trialing' | 'active' | 'past_due' | 'paused' | 'ended';

export interface RecountRequest {
  /** Tells an answer, and its audit entry, from those of an earlier request. */
  readonly number: number;
  readonly reasons: readonly string[];
  /**
   * Start of a period that was cut short: what Stripe has of its reports lies partly outside now,
   * so that is read from the meter.
   */
  readonly cutPeriod?: number;
}

export interface PeriodState {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly terms: PlanTerms;
  /** Rates of plans that held before within the period: Stripe may still have usage of them. */
  readonly formerRates?: readonly Rate[];
  readonly phase: PeriodPhase;
  /** Tokens that count against the allowance. */
  readonly usedTokens: number;
  /** Overage that no rate of the plan prices. */
  readonly unpricedTokens: number;
  readonly rates: Readonly<Record<string, RateState>>;
  readonly invoice: StatementInvoice | null;
  /** We keep Stripe from finalizing the draft; at `finalizesAt` it would have (Unix seconds). */
  readonly held?: { readonly finalizesAt: number | null };
  /** Tokens taken from grants, by grant. Absent: none. */
  readonly grantUses?: Readonly<Record<string, number>>;
  /** Billable tokens that came after the period was finalized, by rate. Absent: none. */
  readonly late?: Readonly<Record<string, LateRate>>;
  /** What this period's invoice carries of earlier periods. Absent: nothing. */
  readonly lateItems?: readonly LateItem[];
  /** Rates whose subscription item began within the period, and the second it did. */
  readonly meteredFrom?: Readonly<Record<string, number>>;
  /** Thresholds of the terms that the customer has been told of. Absent: none. */
  readonly toldThresholds?: readonly number[];
  /** What an operator decided about a difference with the invoice. */
  readonly settlement?: string;
}

/**
 * open → closing (draft invoice seen) → reconciled (draft equals ledger) → finalized → paid, or
 * void: Stripe does not expect the money any more.
 */
export type PeriodPhase = 'open' | 'closing' | 'reconciled' | 'finalized' | 'paid' | 'void';

export interface RateState {
  /** Billable tokens: overage, or usage sold by a vendor. */
  readonly tokens: number;
  /** Of these, acknowledged by Stripe. More than tokens: a correction is to be sent. */
  readonly reportedTokens: number;
  /** Reports made so far; numbers the next. */
  readonly reports: number;
  /** The latest second with a billable token: the timestamp of the next report. */
  readonly lastSecond: number;
  /** One report per rate is under way at most; it keeps its identity until acknowledged. */
  readonly inFlight: UsageReport | null;
}

export interface UsageReport {
  readonly number: number;
  /** Negative: a correction. */
  readonly tokens: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Unix milliseconds; Stripe forgets identifiers 24 hours after it first saw them. */
  readonly firstAttemptAt: number;
}

export function emptyBillingState(customer: string): BillingState {
  return {
    schemaVersion: BILLING_STATE_VERSION,
    customer,
    stripeCustomerId: null,
    subscriptionId: null,
    billingStatus: 'pending',
    standing: { nextPlan: null, cancelAt: null, collectionPaused: null, autoUpgrade: false },
    appliedSequence: 0,
    knownSequence: 0,
    awaitsPeriod: false,
    recount: null,
    periods: [],
    archived: [],
    grants: [],
    stripeEvents: [],
    unbilledTokens: 0,
    exceptions: [],
    dunning: [],
    answers: [],
    moneyBack: [],
  };
}

/** Replaces the period with the same start, archived or not. */
export function withPeriod(state: BillingState, changed: PeriodState): BillingState {
  const replace = (periods: readonly PeriodState[]) =>
    periods.map((period) => (period.start === changed.start ? changed : period));
  return { ...state, periods: replace(state.periods), archived: replace(state.archived) };
}

/** Of those that are not archived. */
export const findPeriod = (state: BillingState, start: number): PeriodState | undefined =>
  state.periods.find((period) => period.start === start);

/** Puts a period away: nothing of it is due any more. */
export function archive(state: BillingState, start: number): BillingState {
  const isIt = (period: PeriodState): boolean => period.start === start;
  return {
    ...state,
    periods: state.periods.filter((period) => !isIt(period)),
    archived: [...state.archived, ...state.periods.filter(isIt)].sort((a, b) => a.start - b.start),
  };
}

/** Archived or not. */
export const findAnyPeriod = (state: BillingState, start: number): PeriodState | undefined =>
  allPeriods(state).find((period) => period.start === start);

/** Oldest first, archived ones included: a later one may be paid before an earlier one. */
export const allPeriods = (state: BillingState): PeriodState[] =>
  [...state.archived, ...state.periods].sort((a, b) => a.start - b.start);

/** Up to its end periods are known. */
export const lastKnownPeriod = (state: BillingState): PeriodState | undefined =>
  allPeriods(state).at(-1);

/** Replaces one rate of the period with this start. */
export function withRate(
  state: BillingState,
  start: number,
  rateId: string,
  change: (rate: RateState) => RateState,
): BillingState {
  const period = findPeriod(state, start);
  const rate = period?.rates[rateId];
  if (!period || !rate) return state;
  return withPeriod(state, { ...period, rates: { ...period.rates, [rateId]: change(rate) } });
}

/** Asks for the ledger to be counted again; what is asked for already is asked for once more. */
export function requestRecount(
  state: BillingState,
  reason: string,
  cutPeriod = state.recount?.cutPeriod,
): BillingState {
  const number = (state.recounts ?? 0) + 1;
  const recount = { number, reasons: [...(state.recount?.reasons ?? []), reason] };
  const withCut = { ...recount, ...(cutPeriod !== undefined && { cutPeriod }) };
  return { ...state, recounts: number, recount: withCut };
}

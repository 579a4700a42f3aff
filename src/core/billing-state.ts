/**
 * What a billing workflow remembers, and nothing else: it is carried from run to run, shown by the
 * `status` query, and must stay far below 32 KB. All values are plain JSON.
 */
import type { PlanTerms } from './plan';
import type { StatementInvoice } from './statement';
import type { StripeEventHint } from './stripe-event';

export const BILLING_STATE_VERSION = 1;

export interface BillingState {
  readonly schemaVersion: typeof BILLING_STATE_VERSION;
  readonly customer: string;
  readonly stripeCustomerId: string | null;
  readonly subscriptionId: string | null;
  readonly billingStatus: BillingStatus;
  /** All usage batches up to this one are counted, none beyond. */
  readonly appliedSequence: number;
  /** The highest sequence heard of; above appliedSequence there is something to read. */
  readonly knownSequence: number;
  /** The next batch lies beyond the known periods: it waits until Stripe tells the next one. */
  readonly awaitsPeriod: boolean;
  /** Oldest first, without gaps between them. The last is the current one. */
  readonly periods: readonly PeriodState[];
  /** Hints not yet followed. */
  readonly stripeEvents: readonly StripeEventHint[];
  /** Usage that no open period takes: before the first one, or after its period was closed. */
  readonly unbilledTokens: number;
  readonly exception: BillingException | null;
}

/** pending: Stripe not read yet · active · past_due: an invoice is unpaid · ended. */
export type BillingStatus = 'pending' | 'active' | 'past_due' | 'ended';

export interface PeriodState {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly terms: PlanTerms;
  readonly phase: PeriodPhase;
  /** Tokens that count against the allowance. */
  readonly usedTokens: number;
  /** Overage that no rate of the plan prices. */
  readonly unpricedTokens: number;
  readonly rates: Readonly<Record<string, RateState>>;
  readonly invoice: StatementInvoice | null;
  /** Thresholds of the terms that the customer has been told of. Absent: none. */
  readonly toldThresholds?: readonly number[];
}

/** open → closing (draft invoice seen) → reconciled (draft equals ledger) → finalized → paid. */
export type PeriodPhase = 'open' | 'closing' | 'reconciled' | 'finalized' | 'paid';

export interface RateState {
  /** Billable tokens: overage, or usage sold by a vendor. */
  readonly tokens: number;
  /** Of these, acknowledged by Stripe. */
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
  readonly tokens: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Unix milliseconds; Stripe forgets identifiers 24 hours after it first saw them. */
  readonly firstAttemptAt: number;
}

/** Something an operator should see; it names what is wrong with the numbers. */
export interface BillingException {
  readonly kind: ExceptionKind;
  readonly message: string;
  /** Unix milliseconds. */
  readonly since: number;
}

export type ExceptionKind = 'report_refused' | 'invoice_differs' | 'stripe_refused';

export function emptyBillingState(customer: string): BillingState {
  return {
    schemaVersion: BILLING_STATE_VERSION,
    customer,
    stripeCustomerId: null,
    subscriptionId: null,
    billingStatus: 'pending',
    appliedSequence: 0,
    knownSequence: 0,
    awaitsPeriod: false,
    periods: [],
    stripeEvents: [],
    unbilledTokens: 0,
    exception: null,
  };
}

/** Replaces the period with the same start. */
export function withPeriod(state: BillingState, changed: PeriodState): BillingState {
  return {
    ...state,
    periods: state.periods.map((period) => (period.start === changed.start ? changed : period)),
  };
}

export const findPeriod = (state: BillingState, start: number): PeriodState | undefined =>
  state.periods.find((period) => period.start === start);

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

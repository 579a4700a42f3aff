/** What the workflow takes over from Stripe's subscription: its state and its periods. */
import type { BillingState, BillingStatus, PeriodState } from './billing-state';
import type { Period } from './period';
import { periodsSince } from './period';
import type { PlanTerms } from './plan';

/** A subscription as read from Stripe. */
export interface SubscriptionSnapshot {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  /** Stripe's own status: active, past_due, canceled, … */
  readonly status: string;
  /** Unix seconds when the subscription began. */
  readonly startedAt: number;
  readonly currentPeriod: Period;
  /** Edges of service periods found on cycle invoices, unordered; fills what we slept through. */
  readonly invoiceEdges: readonly number[];
  /** The plan's terms today; a period keeps those it was opened with. */
  readonly terms: PlanTerms;
}

/** Opens the periods that Stripe knows and we don't. Reading the same again changes nothing. */
export function followSubscription(
  state: BillingState,
  snapshot: SubscriptionSnapshot,
): BillingState {
  // A workflow that begins late takes over from the subscription's first second.
  const knownEnd =
    state.billingStatus === 'pending' ? snapshot.startedAt : state.periods.at(-1)?.end;
  const opened = periodsSince(knownEnd, snapshot.currentPeriod, snapshot.invoiceEdges).map(
    (period) => openPeriod(period, snapshot.terms),
  );
  const billingStatus = billingStatusOf(snapshot.status);
  return {
    ...state,
    subscriptionId: snapshot.subscriptionId,
    stripeCustomerId: snapshot.stripeCustomerId,
    billingStatus,
    periods: [...state.periods, ...opened],
    // A period more, or the knowledge that none will come: the waiting batch can be looked at
    // again.
    awaitsPeriod: state.awaitsPeriod && opened.length === 0 && billingStatus !== 'ended',
  };
}

export function openPeriod(period: Period, terms: PlanTerms): PeriodState {
  return {
    start: period.start,
    end: period.end,
    terms,
    phase: 'open',
    usedTokens: 0,
    unpricedTokens: 0,
    rates: {},
    invoice: null,
  };
}

export function billingStatusOf(stripeStatus: string): BillingStatus {
  switch (stripeStatus) {
    case 'canceled':
    case 'incomplete_expired':
      return 'ended';
    case 'past_due':
    case 'unpaid':
    case 'incomplete':
      return 'past_due';
    default:
      return 'active';
  }
}

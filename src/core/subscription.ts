/** What the workflow takes over from Stripe's subscription: its state and its periods. */
import type { BillingState, BillingStatus, PeriodState } from './billing-state';
import type { Period } from './period';
import { periodsSince } from './period';
import type { PlanTerms } from './plan';
import { NO_TOKENS } from './rating';

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
  /** Only with the first reading: what an earlier workflow of this customer has left behind. */
  readonly recovered?: RecoveredBilling;
}

/**
 * A workflow that begins anew for a customer with a past (it was terminated, or Temporal's data
 * were lost) counts the whole ledger again. What must not happen again is told here, from our
 * database.
 */
export interface RecoveredBilling {
  /** End of the last archived period: everything before it is billed and paid. */
  readonly archivedUntil: number | null;
  readonly reports: readonly AcknowledgedReports[];
}

/** Reports of one rate and period that Stripe has acknowledged, from the audit trail. */
export interface AcknowledgedReports {
  readonly periodStart: number;
  readonly rateId: string;
  readonly reports: number;
  readonly reportedTokens: number;
}

/** Opens the periods that Stripe knows and we don't. Reading the same again changes nothing. */
export function followSubscription(
  state: BillingState,
  snapshot: SubscriptionSnapshot,
): BillingState {
  const knownEnd =
    state.billingStatus === 'pending' ? firstSecond(snapshot) : state.periods.at(-1)?.end;
  const opened = periodsSince(knownEnd, snapshot.currentPeriod, snapshot.invoiceEdges).map(
    (period) => takeOverReports(openPeriod(period, snapshot.terms), snapshot),
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

/** A workflow that begins late takes over from the subscription's first second not yet billed. */
const firstSecond = ({ startedAt, recovered }: SubscriptionSnapshot): number =>
  recovered?.archivedUntil ?? startedAt;

function takeOverReports(period: PeriodState, { recovered }: SubscriptionSnapshot): PeriodState {
  const reported = recovered?.reports.filter(({ periodStart }) => periodStart === period.start);
  const rates = reported?.map(({ rateId, reports, reportedTokens }) => [
    rateId,
    { ...NO_TOKENS, reports, reportedTokens, lastSecond: period.start },
  ]);
  return { ...period, rates: Object.fromEntries(rates ?? []) as PeriodState['rates'] };
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

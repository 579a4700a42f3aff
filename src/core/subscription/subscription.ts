/** What the workflow takes over from Stripe's subscription: its state, its plan and its periods. */
import type { BillingState, BillingStatus, PeriodState } from './billing-state';
import { lastKnownPeriod, requestRecount } from './billing-state';
import { dropSpentGrants, inOrderOfUse } from './grants';
import { hasUnsettledLate } from './late-usage';
import type { Period } from './period';
import { contains, periodsSince } from './period';
import { pricedRates } from './plan';
import type { PlanTerms } from './plan';
import { acceptsUsage, NO_TOKENS } from './rating';

/** A subscription as read from Stripe. */
export interface SubscriptionSnapshot {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  /** Stripe's own status: active, past_due, canceled, … */
  readonly status: string;
  /** Unix seconds when the subscription began. */
  readonly startedAt: number;
  /** Unix seconds; null while it lasts. */
  readonly endedAt: number | null;
  /** Unix seconds; null: there was none. */
  readonly trialEnd: number | null;
  readonly currentPeriod: Period;
  /** Start and end in turn of service periods on cycle invoices: fills what we slept through. */
  readonly invoiceEdges: readonly number[];
  /** The terms, today, of the plan of the current period; a period keeps those of its plan. */
  readonly terms: PlanTerms;
  /** Terms of another plan that the last period we knew ended with; absent: none is known of. */
  readonly formerTerms?: PlanTerms;
  /** Second at which the item of each rate was added. */
  readonly rateItems: Readonly<Record<string, number>>;
  readonly standing: SubscriptionStanding;
  /** Whether an invoice bills the last period of a subscription that ended; null: it lasts. */
  readonly isLastPeriodInvoiced: boolean | null;
  /** Only with the first reading: what an earlier workflow of this customer has left behind. */
  readonly recovered?: RecoveredBilling;
}

export interface SubscriptionStanding {
  /** A change that waits for the period's end. */
  readonly nextPlan: { readonly planId: string; readonly from: number } | null;
  /** Unix seconds at which the subscription will end. */
  readonly cancelAt: number | null;
  /** Stripe's behavior of a paused collection. */
  readonly collectionPaused: string | null;
  /** The customer asked to be upgraded rather than throttled. */
  readonly autoUpgrade: boolean;
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
  readonly grants: BillingState['grants'];
}

/** Reports of one rate and period that Stripe has acknowledged, from the audit trail. */
export interface AcknowledgedReports {
  readonly periodStart: number;
  readonly rateId: string;
  readonly reports: number;
  readonly reportedTokens: number;
}

/** Late usage is at most 35 days behind; past this nothing can come for a period any more. */
const LATE_SECONDS_MAX = 36 * 24 * 60 * 60;

/**
 * Opens the periods that Stripe knows and we don't, and takes over a change of plan or a period cut
 * short. Reading the same again changes nothing.
 */
export function followSubscription(
  state: BillingState,
  snapshot: SubscriptionSnapshot,
): BillingState {
  const billingStatus = billingStatusOf(snapshot.status);
  const known: BillingState = {
    ...state,
    subscriptionId: snapshot.subscriptionId,
    stripeCustomerId: snapshot.stripeCustomerId,
    billingStatus,
    standing: snapshot.standing,
    ...(snapshot.recovered && { grants: inOrderOfUse(snapshot.recovered.grants) }),
  };
  const cut = cutShort(extend(known, snapshot), snapshot);
  const planned = changePlan(cut, snapshot);
  const opened = openNew(planned, state.billingStatus === 'pending', snapshot);
  const noted = noteMeteredFrom(opened, snapshot);
  // A period more, or the knowledge that none will come: the waiting batch can be looked at again.
  const isNews = endOf(opened) > endOf(state) || billingStatus === 'ended';
  const awaitsPeriod = state.awaitsPeriod && !isNews;
  return dropSpentGrants(forgetOld({ ...noted, awaitsPeriod }));
}

const endOf = ({ periods }: BillingState): number => periods.at(-1)?.end ?? 0;

/** A trial was extended: its period is. Usage beyond it has been waiting, so all counts stand. */
function extend(state: BillingState, { currentPeriod, endedAt }: SubscriptionSnapshot) {
  const last = state.periods.at(-1);
  if (!last || !acceptsUsage(last) || endedAt !== null) return state;
  if (last.start !== currentPeriod.start || last.end >= currentPeriod.end) return state;
  const periods = [...state.periods.slice(0, -1), { ...last, end: currentPeriod.end }];
  return { ...state, periods };
}

/** A subscription that ended, or began a new period early: ours ends there too. */
function cutShort(state: BillingState, snapshot: SubscriptionSnapshot): BillingState {
  const last = state.periods.at(-1);
  if (!last || !acceptsUsage(last)) return state;
  const { currentPeriod, endedAt } = snapshot;
  const cut = endedAt ?? (currentPeriod.start > last.start ? currentPeriod.start : last.end);
  if (cut >= last.end || cut <= last.start) return state;
  const periods = [...state.periods.slice(0, -1), { ...last, end: cut }];
  return requestRecount({ ...state, periods }, `the period ended early, at ${cut}`, last.start);
}

function openNew(
  state: BillingState,
  isFirst: boolean,
  snapshot: SubscriptionSnapshot,
): BillingState {
  const { currentPeriod, invoiceEdges, terms, endedAt, recovered } = snapshot;
  // The periods of a subscription that has ended end with it.
  const end = Math.min(currentPeriod.end, endedAt ?? currentPeriod.end);
  if (end <= currentPeriod.start) return state;
  const last = lastKnownPeriod(state);
  const knownEnd = isFirst ? firstSecond(snapshot) : last?.end;
  const current = { start: currentPeriod.start, end };
  const before = last?.terms ?? terms;
  const opened = periodsSince(knownEnd, current, invoiceEdges)
    .filter((period) => !isPause(period, snapshot))
    .map((period) => openPeriod(period, period.end === end ? terms : before))
    .map((period) => takeOverReports(period, recovered));
  return { ...state, periods: [...state.periods, ...opened] };
}

/**
 * After a trial that ended without a way to pay nothing is billed until it is resumed. A month that
 * we slept through looks the same, but there is an invoice for it.
 */
const isPause = (period: Period, snapshot: SubscriptionSnapshot): boolean =>
  period.start === snapshot.trialEnd &&
  period.end === snapshot.currentPeriod.start &&
  !snapshot.invoiceEdges.some(
    (edge, at, edges) => at % 2 === 0 && edge === period.start && edges[at + 1] === period.end,
  );

/**
 * Another plan for the last period we know, from its first second on: that of now, or the one that
 * it ended with where we slept through its end. What was finalized stays as it is.
 */
function changePlan(state: BillingState, snapshot: SubscriptionSnapshot): BillingState {
  const { terms: ofNow, formerTerms, currentPeriod } = snapshot;
  const last = state.periods.at(-1);
  const terms = last?.start === currentPeriod.start ? ofNow : formerTerms;
  if (!last || !terms || !acceptsUsage(last) || last.terms.planId === terms.planId) return state;
  const from = last.terms.planId;
  const changed = { ...last, terms, formerRates: pricedRates(last) };
  const periods = [...state.periods.slice(0, -1), changed];
  return requestRecount({ ...state, periods }, `plan ${from} became ${terms.planId}`);
}

function noteMeteredFrom(state: BillingState, { rateItems }: SubscriptionSnapshot): BillingState {
  const current = state.periods.at(-1);
  if (!current) return state;
  const within = Object.entries(rateItems).filter(
    ([, added]) => added > current.start && contains(current, added),
  );
  const meteredFrom = { ...current.meteredFrom, ...Object.fromEntries(within) };
  if (Object.keys(meteredFrom).length === 0) return state;
  return { ...state, periods: [...state.periods.slice(0, -1), { ...current, meteredFrom }] };
}

/** Archived periods for which nothing can come any more. */
function forgetOld(state: BillingState): BillingState {
  const now = state.periods.at(-1)?.start ?? 0;
  const archived = state.archived.filter(
    (period) => period.end > now - LATE_SECONDS_MAX || hasUnsettledLate(period),
  );
  return archived.length === state.archived.length ? state : { ...state, archived };
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

function takeOverReports(
  period: PeriodState,
  recovered: RecoveredBilling | undefined,
): PeriodState {
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
    case 'paused':
    case 'trialing':
      return stripeStatus;
    default:
      return 'active';
  }
}

/** Billable tokens of a subscription's last period for which there is no invoice. */
export function uninvoicedTokens(state: BillingState, snapshot: SubscriptionSnapshot): number {
  const last = state.periods.at(-1);
  if (snapshot.isLastPeriodInvoiced !== false || !last || last.invoice !== null) return 0;
  return Object.values(last.rates).reduce((sum, { tokens }) => sum + tokens, 0);
}

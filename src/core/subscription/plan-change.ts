/**
 * Changes a subscription: tells what may be asked, which way it goes, and when it is due by itself.
 */
import type { BillingState } from '../state/billing-state';
import type { Catalog } from '../plans/catalog';
import { findPlan } from '../plans/catalog';
import { DomainError } from '../errors';
import { findException } from '../state/exceptions';
import { autoUpgradeRequest } from '../ids';
import { grantedTokens } from '../counting/grants';
import { isoSecond } from '../period';
import type { PlanTerms } from '../plans/plan';
import type { BillingException } from '../state/remembered';
import { isPercentReached, uncoveredTokens } from '../counting/allowance';

export type ChangeTime = 'now' | 'period_end';

export interface PlanChange {
  readonly planId: string;
  readonly when: ChangeTime;
  /** A cancellation that waits is taken back with it. Absent: it is not. */
  readonly resume?: boolean;
  /** Absent: it is that of today's catalog, or as it is if the plan stays. */
  readonly catalogVersion?: string;
}

export interface ChangedPlan extends PlanChange {
  /** Unix seconds from which the plan's terms hold. */
  readonly from: number;
}

export type SubscriptionChange =
  /** Usage up to now is invoiced; nothing is refunded. */
  | { readonly action: 'cancel'; readonly when: ChangeTime }
  /** Takes back a cancellation or a pause, or goes on after a trial that ended unpaid. */
  | { readonly action: 'resume' }
  /** Takes back a cancellation that waits, and nothing else: a pause stays what it is. */
  | { readonly action: 'keep' }
  /**
   * The collection alone pauses: periods go on, and their invoices are kept, written off or voided.
   */
  | {
      readonly action: 'pause';
      readonly behavior: 'keep_as_draft' | 'mark_uncollectible' | 'void';
      /** Unix seconds; null says that it lasts until it is resumed. */
      readonly resumesAt: number | null;
    }
  | { readonly action: 'end_trial' };

/**
 * A dearer plan takes effect at once, a cheaper one with the next period; the plan of now again
 * takes back a change that waits for the next period.
 */
export function defaultChangeTime(catalog: Catalog, fromPlan: string, toPlan: string): ChangeTime {
  const price = findPlan(catalog, toPlan).monthlyPriceCents;
  // What a plan that has left the file cost is not in it: later is what surprises nobody.
  const formerPriceCents =
    catalog.plans.find(({ id }) => id === fromPlan)?.monthlyPriceCents ?? Infinity;
  return toPlan !== fromPlan && price >= formerPriceCents ? 'now' : 'period_end';
}

/**
 * The period's invoice would bill both plans, and Stripe pays all of an invoice to one vendor, or
 * to none.
 */
export function assertSameOwner(
  { plans }: Pick<Catalog, 'plans'>,
  fromPlan: string,
  toPlan: string,
): void {
  const ownerOf = (planId: string) => plans.find(({ id }) => id === planId)?.vendor;
  const [formerOwner, newOwner] = [ownerOf(fromPlan), ownerOf(toPlan)];
  if (formerOwner === newOwner) return;
  const name = (vendor: string | undefined) =>
    vendor === undefined ? "the platform's" : `the vendor ${vendor}'s`;
  throw new DomainError(
    'plan_change_not_possible',
    `Plan ${fromPlan} is ${name(formerOwner)}, ${toPlan} is ${name(newOwner)}: one invoice can't pay ` +
      'both. Cancel the subscription, and give the customer a new one.',
    { from: fromPlan, to: toPlan },
  );
}

/** Who leaves at the end of the period would pay for days that don't come. */
export function assertNotLeaving(cancelAt: number | null, resume = false): void {
  if (cancelAt === null || resume) return;
  throw new DomainError(
    'cancellation_pending',
    `The subscription ends at ${isoSecond(cancelAt)}: take the cancellation back first, or with ` +
      'the change ("resume": true).',
    { cancelAt: isoSecond(cancelAt) },
  );
}

export function assertChangeable(state: BillingState): void {
  const isLive = state.subscriptionId !== null && state.billingStatus !== 'ended';
  if (isLive && state.periods.length > 0) return;
  throw new DomainError(
    'subscription_not_active',
    `The subscription of ${state.customer} is ${state.billingStatus}: it can't be changed. ` +
      'PUT /v1/customers/{customer} with a plan gives the customer a new one.',
  );
}

/**
 * A change that makes an invoice at once would charge, or credit, what nobody sold: no hold is in
 * time for that. A change for the period's end is on a draft.
 */
export function assertPricesAgreed({ priceDifferences = [] }: BillingState): void {
  const [first] = priceDifferences;
  if (!first) return;
  throw new DomainError(
    'price_not_settled',
    `Stripe charges other than was sold by price ${first.priceId}, and the change would be ` +
      'invoiced at once: settle the exception price_differs first.',
    { price: first.priceId },
  );
}

export const isInvoicedAtOnce = ({ action }: SubscriptionChange, state: BillingState): boolean =>
  action === 'end_trial' || (action === 'resume' && state.billingStatus === 'paused');

export function assertSubscriptionChange(state: BillingState, change: SubscriptionChange): void {
  assertChangeable(state);
  if (isInvoicedAtOnce(change, state)) assertPricesAgreed(state);
}

export function assertPlanChange(state: BillingState, change: PlanChange): void {
  const { planId, when, catalogVersion } = change;
  assertChangeable(state);
  assertNotLeaving(state.standing.cancelAt, change.resume);
  if (when === 'now') assertPricesAgreed(state);
  const { nextPlan } = state.standing;
  const target = targetOf(state, when);
  if (target?.planId !== planId || (when === 'now' && nextPlan !== null)) return;
  if (isOther(target.catalogVersion, catalogVersion ?? versionOfNow(state, planId))) return;
  throw new DomainError(
    'plan_unchanged',
    `${state.customer} is on ${planId} already` +
      (nextPlan ? `, from ${nextPlan.from} on.` : ': expected another plan.'),
    { plan: planId },
  );
}

export function isPlanChanged(
  state: BillingState,
  { planId, when, catalogVersion }: PlanChange,
): boolean {
  const target = targetOf(state, when);
  if (target?.planId !== planId || isOther(target.catalogVersion, catalogVersion)) return false;
  return when === 'period_end' || state.recount === null;
}

/** The plan that holds now, or is to hold with the next period. */
function targetOf(state: BillingState, when: ChangeTime): Sale | undefined {
  const current = state.periods.at(-1)?.terms;
  return when === 'period_end' ? (state.standing.nextPlan ?? current) : current;
}

type Sale = Pick<PlanTerms, 'planId' | 'catalogVersion'>;

/** Without a version, the plan of now is meant as it is. */
function versionOfNow(state: BillingState, planId: string): string | undefined {
  const { terms } = state.periods.at(-1) ?? {};
  return terms?.planId === planId ? terms.catalogVersion : undefined;
}

/** What was sold before there were versions is no other version. */
const isOther = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b;

export interface AutoUpgrade {
  readonly periodStart: number;
  readonly planId: string;
}

/**
 * An upgrade that was not paid is not tried again within the period, unless an operator says so.
 */
export const unpaidUpgrade = ({ periodStart, planId }: AutoUpgrade) =>
  ({ kind: 'upgrade_unpaid', subject: autoUpgradeRequest(periodStart, planId) }) as const;

/** Its unpaid upgrade is over with the period. */
export function withoutOldUpgrades(state: BillingState): BillingState {
  const start = state.periods.at(-1)?.start ?? 0;
  const isOver = ({ kind, subject }: BillingException): boolean =>
    kind === 'upgrade_unpaid' && !subject.startsWith(autoUpgradeRequest(start, ''));
  if (!state.exceptions.some(isOver)) return state;
  return { ...state, exceptions: state.exceptions.filter((one) => !isOver(one)) };
}

/**
 * The customer asked for it, and has reached the point at which others are throttled. With
 * `isLegacy`, tokens that grants cover count, as they did for release 0.1.0.
 */
export function dueAutoUpgrade(state: BillingState, isLegacy = false): AutoUpgrade | undefined {
  const { autoUpgrade, cancelAt, nextPlan } = state.standing;
  const current = state.periods.at(-1);
  if (!autoUpgrade || cancelAt !== null || nextPlan !== null || state.recount) return undefined;
  if (state.priceDifferences) return undefined;
  if (!current || state.billingStatus !== 'active') return undefined;
  const upgrade = current.terms.autoUpgrade;
  const { terms, usedTokens } = current;
  const counted = { usedTokens, grantedTokens: isLegacy ? 0 : grantedTokens(current) };
  const tokens = uncoveredTokens(terms, counted);
  if (!upgrade || !isPercentReached(terms, tokens, upgrade.atPercent)) return undefined;
  const due = { periodStart: current.start, planId: upgrade.planId };
  return findException(state, unpaidUpgrade(due)) ? undefined : due;
}

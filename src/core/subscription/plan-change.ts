/** Changing a subscription: what may be asked, which way it goes, and when it is due by itself. */
import type { BillingState } from './billing-state';
import type { Catalog } from './catalog';
import { findPlan } from './catalog';
import { DomainError } from './errors';
import { isReached } from './thresholds';

export type ChangeTime = 'now' | 'period_end';

export interface PlanChange {
  readonly planId: string;
  readonly when: ChangeTime;
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
  /** Collection only: periods go on, and their invoices are kept, written off or voided. */
  | {
      readonly action: 'pause';
      readonly behavior: 'keep_as_draft' | 'mark_uncollectible' | 'void';
      /** Unix seconds; null: until it is resumed. */
      readonly resumesAt: number | null;
    }
  | { readonly action: 'end_trial' };

/**
 * A dearer plan takes effect at once, a cheaper one with the next period; the plan of now again
 * takes back a change that waits for the next period.
 */
export function defaultChangeTime(catalog: Catalog, from: string, to: string): ChangeTime {
  const price = (planId: string) => findPlan(catalog, planId).monthlyPriceCents;
  return to !== from && price(to) >= price(from) ? 'now' : 'period_end';
}

/**
 * The period's invoice would bill both plans, and Stripe pays all of an invoice to one vendor, or
 * to none.
 */
export function assertSameOwner(catalog: Catalog, from: string, to: string): void {
  const ownerOf = (planId: string) => catalog.plans.find(({ id }) => id === planId)?.vendor;
  const [before, after] = [ownerOf(from), ownerOf(to)];
  if (before === after) return;
  const name = (vendor: string | undefined) =>
    vendor === undefined ? "the platform's" : `the vendor ${vendor}'s`;
  throw new DomainError(
    'plan_change_not_possible',
    `Plan ${from} is ${name(before)}, ${to} is ${name(after)}: one invoice can't pay both. Cancel ` +
      'the subscription, and give the customer a new one under another customer id.',
    { from, to },
  );
}

export function assertChangeable(state: BillingState): void {
  const isLive = state.subscriptionId !== null && state.billingStatus !== 'ended';
  if (isLive && state.periods.length > 0) return;
  throw new DomainError(
    'subscription_not_active',
    `The subscription of ${state.customer} is ${state.billingStatus}: it can't be changed. ` +
      'A customer whose subscription ended is given a new one under another customer id.',
  );
}

export function assertPlanChange(state: BillingState, { planId, when }: PlanChange): void {
  assertChangeable(state);
  const { nextPlan } = state.standing;
  const current = state.periods.at(-1)?.terms.planId;
  const target = when === 'period_end' ? (nextPlan?.planId ?? current) : current;
  if (target !== planId || (when === 'now' && nextPlan !== null)) return;
  throw new DomainError(
    'plan_unchanged',
    `${state.customer} is on ${planId} already` +
      (nextPlan ? `, from ${nextPlan.from} on.` : ': expected another plan.'),
    { plan: planId },
  );
}

export const isPlanChanged = (state: BillingState, { planId, when }: PlanChange): boolean =>
  when === 'now'
    ? state.periods.at(-1)?.terms.planId === planId && state.recount === null
    : (state.standing.nextPlan?.planId ?? state.periods.at(-1)?.terms.planId) === planId;

export interface AutoUpgrade {
  readonly periodStart: number;
  readonly planId: string;
}

/** The customer asked for it, and has reached the point. */
export function dueAutoUpgrade(state: BillingState): AutoUpgrade | undefined {
  const { autoUpgrade, cancelAt, nextPlan } = state.standing;
  const current = state.periods.at(-1);
  if (!autoUpgrade || cancelAt !== null || nextPlan !== null || state.recount) return undefined;
  if (!current || state.billingStatus !== 'active') return undefined;
  const upgrade = current.terms.autoUpgrade;
  if (!upgrade || !isReached(current, upgrade.atPercent)) return undefined;
  return { periodStart: current.start, planId: upgrade.planId };
}

/**
 * What we sell: the catalog's shape, and the pure questions asked of it. Reading the file is
 * `src/stripe/catalog-file.ts`; that no rate loses money is `margin.ts`.
 */
import { DomainError } from '../errors';
import { meterEventName } from '../ids';
import type { LateUsagePolicy, PlanTerms, Rate } from './plan';
import type { ModelNameRule } from '../usage/model-names';
import type { TokenType } from '../usage/usage';

export interface Catalog {
  /** ISO code in lower case, one for everything. */
  readonly currency: string;
  /** The plan of a customer for whom none was named. */
  readonly defaultPlan: string;
  /** Stripe lets some accounts have more items in a subscription than the usual 20. */
  readonly subscriptionItemsMax?: number | undefined;
  readonly plans: readonly CatalogPlan[];
  readonly rates: readonly CatalogRate[];
  readonly vendors: readonly CatalogVendor[];
  readonly costBook: readonly CostRow[];
  readonly notifications: NotificationPolicy;
  readonly dunning: DunningPolicy;
  /** What becomes of grants when a subscription ends; a customer may come back. Absent: kept. */
  readonly grantsAfterEnd?: 'keep' | 'expire';
  /** What other names of models lead to. Absent: each is known by the name it was called by. */
  readonly modelNames?: readonly ModelNameRule[] | undefined;
}

export interface CatalogPlan {
  readonly id: string;
  readonly name: string;
  /** The plan is this vendor's own product: what it brings in is the vendor's, less our fee. */
  readonly vendor?: string;
  readonly monthlyPriceCents: number;
  /** null: unlimited. */
  readonly includedTokens: number | null;
  readonly lateUsage: LateUsagePolicy;
  /** Ids in order of precedence. */
  readonly rates: readonly string[];
  readonly features: readonly string[];
  readonly access: AccessPolicy;
  /** Absent: as for the whole catalog. */
  readonly notifications?: NotificationPolicy;
  /** false: nobody takes it on their own page, as a plan that was made for one contract. */
  readonly selfService?: boolean | undefined;
}

/** When a customer is told how much of the allowance is used. */
export interface NotificationPolicy {
  /** Percent of the allowance, ascending; empty: never. */
  readonly thresholds: readonly number[];
}

/** Advice to the app as the allowance runs out; it never blocks (invariant 7). */
export interface AccessPolicy {
  /** Percent of the allowance; null: never. */
  readonly warnAtPercent: number | null;
  readonly throttleAtPercent: number | null;
  readonly throttledRequestsPerMinute: number | null;
  readonly upgradeTo: string | null;
}

/** Customers who asked for it are upgraded to this plan instead of throttled. */
function autoUpgradeOf({ access }: CatalogPlan): PlanTerms['autoUpgrade'] {
  const { throttleAtPercent, upgradeTo } = access;
  if (throttleAtPercent === null || upgradeTo === null) return undefined;
  return { atPercent: throttleAtPercent, planId: upgradeTo };
}

export interface CatalogRate {
  readonly id: string;
  readonly name: string;
  readonly models: readonly string[];
  /** Absent: every token type. */
  readonly tokenTypes?: readonly TokenType[];
  readonly pricePerMillionTokens: string;
}

export interface CatalogVendor extends Omit<VendorPolicy, 'vendor'> {
  readonly id: string;
  readonly name: string;
  readonly rates: readonly string[];
  /** Its usage fills the customer's allowance and grants first: only what goes beyond is billed. */
  readonly countsTowardAllowance: boolean;
}

/** The provider charges us this from a day on, until a later row of the same model and type. */
export interface CostRow {
  readonly model: string;
  readonly tokenType: TokenType;
  /** YYYY-MM-DD, the first day (UTC) of the cost. */
  readonly from: string;
  readonly costPerMillionTokens: string;
}

export interface DunningPolicy {
  /** The steps are by day since the first failed payment, ascending. */
  readonly steps: readonly DunningStep[];
  /** What a step `give_up` does at Stripe. */
  readonly giveUp: GiveUpAction;
}

/**
 * cancel: the subscription ends at once · mark_uncollectible: it goes on, and the invoice is not
 * expected to be paid any more · leave: nothing is changed at Stripe.
 */
export const GIVE_UP_ACTIONS = ['cancel', 'mark_uncollectible', 'leave'] as const;
export type GiveUpAction = (typeof GIVE_UP_ACTIONS)[number];

export interface DunningStep {
  readonly day: number;
  readonly action: 'notify' | 'throttle' | 'give_up';
}

/**
 * "A list of up to 20 subscription items": docs.stripe.com/api/subscriptions/create. Its changelog
 * of 2026-08-26 raises that, to what we don't know: hence the catalog's own word.
 */
const STRIPE_ITEMS_MAX = 20;

export const itemsMaxOf = ({ subscriptionItemsMax = STRIPE_ITEMS_MAX }: Catalog): number =>
  subscriptionItemsMax;

/**
 * A rate with what only its place in the catalog tells: its meter, and the vendor that sells it.
 */
export function catalogRates(catalog: Catalog): Rate[] {
  return catalog.rates.map((rate) => toRate(catalog, rate));
}

export function findPlan(catalog: Catalog, planId: string): CatalogPlan {
  const plan = catalog.plans.find(({ id }) => id === planId);
  if (plan) return plan;
  const plans = catalog.plans.map(({ id }) => id);
  throw new DomainError(
    'plan_not_found',
    `The catalog has no plan ${JSON.stringify(planId)}. Its plans are ${plans.join(', ')}.`,
    { plans },
  );
}

export function findCatalogVendor(catalog: Catalog, vendorId: string): CatalogVendor {
  const vendor = catalog.vendors.find(({ id }) => id === vendorId);
  if (vendor) return vendor;
  const vendors = catalog.vendors.map(({ id }) => id);
  throw new DomainError(
    'vendor_not_found',
    `The catalog has no vendor ${JSON.stringify(vendorId)}: it has ` +
      `${vendors.join(', ') || 'none'}. Add it to CATALOG_FILE first, with its fee and rates.`,
    { vendors },
  );
}

export function vendorPolicy(catalog: Catalog, vendorId: string): VendorPolicy {
  const { feePercent, feeOnRefund, holdbackDays, minimumPayoutCents } = findCatalogVendor(
    catalog,
    vendorId,
  );
  return { vendor: vendorId, feePercent, feeOnRefund, holdbackDays, minimumPayoutCents };
}

/** A plan has its own thresholds, or the catalog's; without an allowance nothing can be reached. */
export function thresholdsOf(catalog: Catalog, plan: CatalogPlan): readonly number[] {
  if (!hasAllowance(plan)) return [];
  return (plan.notifications ?? catalog.notifications).thresholds;
}

/** Pay as you go includes nothing, an unlimited plan everything: neither can run out. */
export const hasAllowance = ({ includedTokens }: CatalogPlan): boolean =>
  includedTokens !== null && includedTokens > 0;

/**
 * The terms that a period of this plan is billed by: its own rates first, then every vendor's. On a
 * vendor's own plan only that vendor sells, because Stripe pays it all that such an invoice brings.
 */
export function planTerms(catalog: Catalog, planId: string): PlanTerms {
  const plan = findPlan(catalog, planId);
  const thresholds = thresholdsOf(catalog, plan);
  const autoUpgrade = autoUpgradeOf(plan);
  const sellers = catalog.vendors.filter(({ id }) => id === (plan.vendor ?? id));
  const rateIds = [...new Set([...plan.rates, ...sellers.flatMap(({ rates }) => rates)])];
  // Stripe takes no subscription without an item.
  const hasOwn = plan.monthlyPriceCents > 0 || plan.rates.length > 0;
  const isOnFirstUse = plan.vendor === undefined && hasOwn && sellers.length > 0;
  // The allowance of a vendor's plan is one of the vendor's tokens.
  const inAllowance = sellers.filter((one) => one.countsTowardAllowance || one.id === plan.vendor);
  return {
    planId: plan.id,
    monthlyPriceCents: plan.monthlyPriceCents,
    includedTokens: plan.includedTokens,
    lateUsage: plan.lateUsage,
    rates: rateIds.map((rateId) => toRate(catalog, findCatalogRate(catalog, rateId))),
    ...(isOnFirstUse && { vendorItems: 'on_first_use' as const }),
    ...(inAllowance.length > 0 && { allowanceVendors: inAllowance.map(({ id }) => id) }),
    ...(thresholds.length > 0 && { usageThresholds: thresholds }),
    ...(autoUpgrade && { autoUpgrade }),
  };
}

function findCatalogRate(catalog: Catalog, rateId: string): CatalogRate {
  const rate = catalog.rates.find(({ id }) => id === rateId);
  if (rate) return rate;
  throw new DomainError('catalog_invalid', `The catalog has no rate ${JSON.stringify(rateId)}.`);
}

function toRate(catalog: Catalog, rate: CatalogRate): Rate {
  const vendor = catalog.vendors.find(({ rates }) => rates.includes(rate.id));
  return {
    id: rate.id,
    models: rate.models,
    ...(rate.tokenTypes && { tokenTypes: rate.tokenTypes }),
    ...(vendor && { vendor: vendor.id }),
    pricePerMillionTokens: rate.pricePerMillionTokens,
    meterEventName: meterEventName(rate.id),
  };
}

/** What the catalog says of a vendor. */
export interface VendorPolicy {
  readonly vendor: string;
  /** The platform's part of what was paid, in percent: a decimal string, at most 2 places. */
  readonly feePercent: string;
  /** returned: the platform gives its fee back with a refund · kept: the vendor bears it. */
  readonly feeOnRefund: 'returned' | 'kept';
  /** Days from payment on in which a share is kept back. */
  readonly holdbackDays: number;
  /** Less than this is not transferred: it waits for more. */
  readonly minimumPayoutCents: number;
}

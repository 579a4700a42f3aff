/**
 * Which part of a catalog is sold, and so makes a version of it: prices, allowances, which rate
 * prices what. Names, features, advice, thresholds, costs, vendors' fees and dunning are not in it:
 * they are as the catalog of today says.
 */
import type { Catalog, CatalogPlan } from './catalog';
import { planTerms } from './catalog';
import type { Hash } from '../proof/merkle';
import { centsPerToken } from '../money';
import type { PlanTerms } from './plan';

export interface CatalogVersion {
  /** Subscriptions refer to it by this. */
  readonly version: string;
  readonly catalog: Catalog;
}

/** No two catalogs of one platform have the same at this length, and it can be read out. */
const VERSION_LENGTH = 16;

/** The hash is passed in, because src/core has no crypto. */
export const catalogVersion = (catalog: Catalog, hash: Hash): string =>
  hash(JSON.stringify(whatIsSold(catalog))).slice(0, VERSION_LENGTH);

/**
 * The order of the file does not count, nor how a price is written; the order of a plan's rates
 * does.
 */
function whatIsSold({ currency, plans, rates, vendors }: Catalog): unknown {
  return {
    currency,
    plans: byId(plans).map((plan) => ({
      id: plan.id,
      vendor: plan.vendor ?? null,
      monthlyPriceCents: plan.monthlyPriceCents,
      includedTokens: plan.includedTokens,
      lateUsage: plan.lateUsage,
      rates: plan.rates,
    })),
    rates: byId(rates).map((rate) => ({
      id: rate.id,
      models: rate.models,
      tokenTypes: rate.tokenTypes ? [...rate.tokenTypes].sort() : null,
      centsPerToken: centsPerToken(rate.pricePerMillionTokens),
    })),
    vendors: byId(vendors).map(({ id, rates: rateIds, countsTowardAllowance }) => ({
      id,
      rates: rateIds,
      countsTowardAllowance,
    })),
  };
}

const byId = <T extends { readonly id: string }>(entries: readonly T[]): readonly T[] =>
  [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));

export const hasPlan = ({ catalog }: CatalogVersion, planId: string): boolean =>
  catalog.plans.some(({ id }) => id === planId);

/**
 * The terms of a plan as that version sold it. When the customer is told, and where an upgrade
 * leads, is no part of the sale: that is as the plan is today, while there is one.
 */
export function termsAsSold(version: CatalogVersion, today: Catalog, planId: string): PlanTerms {
  const terms = planTerms(version.catalog, planId);
  const isSold = today.plans.some(({ id }) => id === planId);
  const { usageThresholds, autoUpgrade } = isSold ? planTerms(today, planId) : terms;
  const leadsOn = today.plans.some(({ id }) => id === autoUpgrade?.planId);
  return {
    ...terms,
    catalogVersion: version.version,
    // Nothing can be told about an allowance that nobody bought, or that has no end.
    usageThresholds: terms.includedTokens ? usageThresholds : undefined,
    autoUpgrade: leadsOn ? autoUpgrade : undefined,
  };
}

/** Today's catalog describes the plan, or the newest version that had it. */
export const describedPlan = (
  today: Catalog,
  newestFirst: readonly CatalogVersion[],
  planId: string,
): CatalogPlan | undefined =>
  [today, ...newestFirst.map(({ catalog }) => catalog)]
    .flatMap(({ plans }) => plans)
    .find(({ id }) => id === planId);

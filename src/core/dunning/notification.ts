/**
 * What customers and apps are told: the fact that a workflow decides, and the data that goes out,
 * which is complete so that a receiver needs no further look-up. The app's contract is
 * docs/reference/notifications.md.
 */
import type { Catalog } from '../plans/catalog';
import type { DunningData, DunningNoticeType } from './dunning-notice';
import { isoSecond } from '../period';
import { fillsAllowance } from '../plans/plan';
import type { PeriodState } from '../state/period-state';
import { overageTokens } from '../counting/allowance';

/** Types of the Standard Webhooks kind: a subject, and what has become of it. */
export type Notification =
  | { readonly type: 'usage.threshold_reached'; readonly data: UsageThresholdData }
  | { readonly type: DunningNoticeType; readonly data: DunningData };

/** The workflow's state alone decides it. */
export interface UsageThresholdFact {
  readonly customer: string;
  readonly planId: string;
  /** Unix seconds, [periodStart, periodEnd). */
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly percent: number;
  readonly includedTokens: number;
  readonly usedTokens: number;
  readonly overageTokens: number;
  /** How further tokens are priced, in order of precedence. */
  readonly rates: readonly { readonly id: string; readonly pricePerMillionTokens: string }[];
}

export interface UsageThresholdData {
  readonly customer: string;
  readonly plan: { readonly id: string; readonly name: string };
  readonly period: { readonly start: string; readonly end: string };
  readonly thresholdPercent: number;
  readonly includedTokens: number;
  readonly usedTokens: number;
  readonly overageTokens: number;
  readonly currency: string;
  readonly overageRates: readonly OverageRate[];
}

export interface OverageRate {
  readonly id: string;
  readonly name: string;
  readonly pricePerMillionTokens: string;
}

export function usageThresholdFact(
  customer: string,
  period: PeriodState,
  percent: number,
): UsageThresholdFact {
  const { terms, usedTokens } = period;
  return {
    customer,
    planId: terms.planId,
    periodStart: period.start,
    periodEnd: period.end,
    percent,
    includedTokens: terms.includedTokens ?? 0,
    usedTokens,
    overageTokens: overageTokens(period),
    // The usage of other vendors leaves the allowance alone, and that of a trial costs nothing.
    rates: terms.rates
      .filter((rate) => !terms.isTrial && fillsAllowance(terms, rate))
      .map(({ id, pricePerMillionTokens }) => ({ id, pricePerMillionTokens })),
  };
}

/** It has names and currency. What has left the catalog since is called by its id. */
export function usageThresholdData(catalog: Catalog, fact: UsageThresholdFact): UsageThresholdData {
  const nameIn = (list: readonly { id: string; name: string }[], id: string) =>
    list.find((entry) => entry.id === id)?.name ?? id;
  return {
    customer: fact.customer,
    plan: { id: fact.planId, name: nameIn(catalog.plans, fact.planId) },
    period: { start: isoSecond(fact.periodStart), end: isoSecond(fact.periodEnd) },
    thresholdPercent: fact.percent,
    includedTokens: fact.includedTokens,
    usedTokens: fact.usedTokens,
    overageTokens: fact.overageTokens,
    currency: catalog.currency,
    overageRates: fact.rates.map((rate) => ({ ...rate, name: nameIn(catalog.rates, rate.id) })),
  };
}

/**
 * What a rollout would change: revenue before and after, of each customer's last closed period, or
 * the running one of those who have none. It is summed page by page.
 */
import type { PlanTerms } from './plan';
import type { LeftOutReason } from './rollout-customer';

/** What is sold: the figures that people compare. */
export interface Sale {
  /** null says that it is from before there were catalog versions. */
  readonly version: string | null;
  readonly monthlyPriceCents: number;
  readonly includedTokens: number | null;
  readonly rates: Readonly<Record<string, string>>;
}

export interface CustomerRevenue {
  readonly customer: string;
  readonly before: Sale;
  readonly beforeCents: number;
  readonly afterCents: number;
  /** They have no closed period: it is the running one so far. */
  readonly isRunning: boolean;
}

export type PreviewedCustomer =
  CustomerRevenue | { readonly customer: string; readonly reason: LeftOutReason };

export interface PreviewPage {
  /** They would pay this at the version that is rolled out, for one base price. */
  readonly after: Sale;
  readonly customers: readonly PreviewedCustomer[];
  /** null says that there are no more. */
  readonly next: string | null;
}

export interface RolloutPreview {
  readonly isComplete: boolean;
  readonly cursor: string;
  readonly after: Sale | null;
  readonly customers: number;
  readonly beforeCents: number;
  readonly afterCents: number;
  /** How many of them have no closed period. */
  readonly runningOnly: number;
  readonly leftOut: Readonly<Partial<Record<LeftOutReason, number>>>;
  /** Those whose bill changes most, the largest change first. */
  readonly changes: readonly CustomerRevenue[];
  readonly leftOutNames: readonly { readonly customer: string; readonly reason: LeftOutReason }[];
}

/** Most customers whose figures are kept, and most left out whose names are. */
export const SHOWN_MAX = 40;

export const emptyPreview = (): RolloutPreview => ({
  isComplete: false,
  cursor: '',
  after: null,
  customers: 0,
  beforeCents: 0,
  afterCents: 0,
  runningOnly: 0,
  leftOut: {},
  changes: [],
  leftOutNames: [],
});

export function withPage(preview: RolloutPreview, page: PreviewPage): RolloutPreview {
  const summed = page.customers.reduce<RolloutPreview>(
    (sum, one) => ('reason' in one ? withLeftOut(sum, one) : withRevenue(sum, one)),
    preview,
  );
  return {
    ...summed,
    after: page.after,
    cursor: page.next ?? page.customers.at(-1)?.customer ?? preview.cursor,
    isComplete: page.next === null,
    changes: [...summed.changes].sort(byChange).slice(0, SHOWN_MAX),
    leftOutNames: summed.leftOutNames.slice(0, SHOWN_MAX),
  };
}

const withRevenue = (sum: RolloutPreview, one: CustomerRevenue): RolloutPreview => ({
  ...sum,
  customers: sum.customers + 1,
  beforeCents: sum.beforeCents + one.beforeCents,
  afterCents: sum.afterCents + one.afterCents,
  runningOnly: sum.runningOnly + (one.isRunning ? 1 : 0),
  changes: [...sum.changes, one],
});

const withLeftOut = (
  sum: RolloutPreview,
  one: { readonly customer: string; readonly reason: LeftOutReason },
): RolloutPreview => ({
  ...sum,
  leftOut: { ...sum.leftOut, [one.reason]: (sum.leftOut[one.reason] ?? 0) + 1 },
  leftOutNames: [...sum.leftOutNames, one],
});

const changeOf = ({ beforeCents, afterCents }: CustomerRevenue): number =>
  Math.abs(afterCents - beforeCents);

const byChange = (a: CustomerRevenue, b: CustomerRevenue): number =>
  changeOf(b) - changeOf(a) || (a.customer < b.customer ? -1 : 1);

export const saleOf = (terms: PlanTerms): Sale => ({
  version: terms.catalogVersion ?? null,
  monthlyPriceCents: terms.monthlyPriceCents,
  includedTokens: terms.includedTokens,
  rates: Object.fromEntries(terms.rates.map((rate) => [rate.id, rate.pricePerMillionTokens])),
});

/** The base price is charged as often as the subscription has it. */
export const timesQuantity = (terms: PlanTerms, baseQuantity: number | undefined): PlanTerms =>
  baseQuantity === undefined
    ? terms
    : { ...terms, baseQuantity, monthlyPriceCents: terms.monthlyPriceCents * baseQuantity };

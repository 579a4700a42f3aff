/**
 * What the customer's page and an app's components show of usage, as the API hands it over. JSON:
 * times are ISO 8601 in UTC, money integer cents. All sums are worked out there.
 */
import type { WaitingChanges } from './standing';

type TokenKind = 'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'reasoning';

export interface DashboardView {
  /** Their id. */
  readonly customer: string;
  /** The customer's name, or its id. */
  readonly customerName: string;
  /** null: the first period is being set up. */
  readonly billing: DashboardBilling | null;
}

export interface DashboardBilling {
  readonly planName: string;
  /** The customer's own "now": a test clock's, if it is on one. */
  readonly now: string;
  readonly isOnTestClock: boolean;
  /** The period is over: there is nothing to project, and access is another period's matter. */
  readonly isEnded: boolean;
  /** `end` is exclusive. */
  readonly period: { readonly start: string; readonly end: string };
  readonly currency: string;
  /** null means unlimited. */
  readonly includedTokens: number | null;
  readonly usedTokens: number;
  /** Used tokens beyond the allowance that grants cover. */
  readonly grantedTokens: number;
  readonly overageTokens: number;
  readonly allowanceUsedPercent: number | null;
  readonly cost: DashboardCost;
  readonly projection: {
    readonly tokens: number;
    readonly grantedTokens: number;
    readonly overageTokens: number;
    readonly amountCents: number;
  };
  /** Days and models without usage are left out. */
  readonly usage: readonly DashboardUsage[];
  /** The latest come first. */
  readonly invoices: readonly DashboardInvoice[];
  readonly access: DashboardAccess;
  /** null: the period is over, and what waits is another one's matter. */
  readonly waiting: WaitingChanges | null;
}

/** `amountDueCents` is the sum of the plan's price and the lines, less the discounts. */
export interface DashboardCost {
  readonly amountDueCents: number;
  readonly planPriceCents: number;
  readonly discounts: readonly {
    readonly coupon: string | null;
    /** What Stripe shows to customers, if the coupon has a name. */
    readonly couponName?: string;
    readonly amountCents: number;
  }[];
  readonly lines: readonly {
    readonly rateId: string;
    readonly vendor?: string;
    readonly tokens: number;
    /** Decimal string in the currency's major unit. */
    readonly pricePerMillionTokens: string;
    readonly amountCents: number;
  }[];
}

export interface DashboardUsage {
  /** YYYY-MM-DD, UTC: the days that are billed. */
  readonly day: string;
  readonly model: string;
  readonly tokenType: TokenKind;
  readonly vendor?: string;
  readonly tokens: number;
}

export interface DashboardAccess {
  readonly state: 'ok' | 'warned' | 'throttled' | 'revoked';
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  readonly requestsPerMinute?: number;
  /** The plan that would help, by name. */
  readonly upgradeName?: string;
}

export interface DashboardInvoice {
  readonly id: string;
  readonly status: string;
  readonly totalCents: number;
  readonly period: { readonly start: string; readonly end: string };
}

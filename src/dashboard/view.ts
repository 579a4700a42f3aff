/** What the customer's page shows: the API's own report, and what it takes to name things. */
import type { Access } from '../core/access';

export interface DashboardView {
  /** The customer's name, or its id. */
  readonly customerName: string;
  readonly planName: string;
  /** The customer's own "now": a test clock's, if it is on one. */
  readonly now: Date;
  readonly isOnTestClock: boolean;
  /** The period is over: there is nothing to project, and access is another period's matter. */
  readonly isEnded: boolean;
  readonly report: DashboardReport;
  /** Latest first. */
  readonly invoices: readonly DashboardInvoice[];
  /** The plan that would help, by name. */
  readonly upgradeName: string | undefined;
  /** The address of this page with another period. */
  readonly periodHref: (period: string) => string;
}

export interface DashboardReport {
  /** ISO 8601; `end` is exclusive. */
  readonly period: { readonly start: string; readonly end: string };
  /** null: unlimited. */
  readonly includedTokens: number | null;
  readonly usedTokens: number;
  readonly overageTokens: number;
  readonly allowanceUsedPercent: number | null;
  readonly byModel: readonly ModelUsage[];
  /** Days without usage are left out. */
  readonly byDay: readonly DayUsage[];
  readonly projection: {
    readonly tokens: number;
    readonly overageTokens: number;
    readonly amountCents: number;
  };
  readonly amountDueCents: number;
  readonly currency: string;
  readonly access: DashboardAccess;
}

export interface ModelUsage {
  readonly model: string;
  readonly tokenType: string;
  readonly vendor?: string;
  readonly tokens: number;
}

export interface DayUsage {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly tokens: number;
}

export interface DashboardAccess {
  readonly state: Access['state'];
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  readonly requestsPerMinute?: number;
}

export interface DashboardInvoice {
  readonly id: string;
  readonly status: string;
  readonly totalCents: number;
  readonly period: { readonly start: Date; readonly end: Date };
}

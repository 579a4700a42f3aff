/** What our database has of a customer's billing, for a run that has lost its state. */
import type { BillingState } from './billing-state';
import type { PlanTerms } from '../plans/plan';
import type { LateItem, StatementInvoice } from './period-state';
import type { BillingException, ExceptionResolution, RecordedSettlement } from './remembered';
import type { Difference } from '../proof/difference-row';

/** What our database has for a workflow that begins. */
export interface RecoveredBilling {
  readonly grants: BillingState['grants'];
  /** The customer's billing has begun before. */
  readonly past?: BillingPast;
  /** Runs of release 0.1.0 are told it: the end of what is paid, and what Stripe acknowledged. */
  readonly archivedUntil?: number | null;
  readonly reports?: readonly AcknowledgedReports[];
}

/** Reports of one rate and period that Stripe has acknowledged. */
export interface AcknowledgedReports {
  readonly periodStart: number;
  readonly rateId: string;
  readonly reports: number;
  readonly reportedTokens: number;
}

export interface BillingPast {
  /** It is as it was written; null says that none was, by release 0.1.0. */
  readonly snapshot: BillingState | null;
  /** These stand in for a snapshot: those that usage may still come for, oldest first. */
  readonly periods: readonly RecordedPeriod[];
  /** It stands in for a snapshot: the first batch that may have usage of these. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The audit trail has them, oldest first. */
  readonly settlements: readonly RecordedSettlement[];
  readonly resolutions: readonly RecordedResolution[];
  /**
   * The subscription's invoices; those that Stripe has finalized are followed once all is counted.
   */
  readonly invoices: readonly string[];
  /** Charges and disputes that the lost run was told of, perhaps in vain. Absent: none. */
  readonly charges?: readonly string[];
}

export interface RecordedPeriod {
  /** The subscription that it is of. Absent or null: an earlier release recorded it. */
  readonly subscriptionId?: string | null;
  readonly start: number;
  readonly end: number;
  readonly terms: PlanTerms;
  readonly invoice: StatementInvoice | null;
  readonly grantUses: Readonly<Record<string, number>>;
  readonly isArchived: boolean;
}

export interface RecordedResolution {
  readonly exception: Pick<BillingException, 'kind' | 'subject' | 'since'>;
  readonly resolution: ExceptionResolution;
  readonly differences: readonly Difference[];
}

/** An audit entry; those of other kinds are of no interest here. */
export type RecordedDecision =
  | { readonly kind: 'exception_resolved'; readonly detail: RecordedResolution }
  | {
      readonly kind: 'late_usage_invoiced' | 'late_usage_written_off';
      readonly detail: LateItem & { readonly invoiceId?: string };
    };

export function sortedDecisions(
  decisions: readonly RecordedDecision[],
): Pick<BillingPast, 'settlements' | 'resolutions'> {
  return {
    settlements: decisions.flatMap(({ kind, detail }) => {
      if (kind !== 'late_usage_invoiced' && kind !== 'late_usage_written_off') return [];
      const { invoiceId = null, ...item } = detail;
      return [{ item, invoiceId }];
    }),
    resolutions: decisions.flatMap(({ kind, detail }) =>
      kind === 'exception_resolved' ? [detail] : [],
    ),
  };
}

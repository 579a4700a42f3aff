/** Writes the periods as the API shows them, and their archive. */
import type { BillingStatus } from '../src/core/state/billing-state';
import type { PlanTerms } from '../src/core/plans/plan';
import type { Statement } from '../src/core/invoices/statement';
import { appendAuditEntry } from '../src/db/audit-entries';
import { recordPeriods } from '../src/db/period-projection';
import type { Snapshot } from '../src/db/period-projection';
import type { ActivityDeps } from './deps';
import type { DunningAccess, SubscriptionStanding } from '../src/core/state/remembered';

export interface RecordPeriodsRequest {
  readonly customer: string;
  readonly billingStatus: BillingStatus;
  readonly standing: SubscriptionStanding;
  readonly dunningAccess: DunningAccess | null;
  readonly periods: readonly { readonly terms: PlanTerms; readonly statement: Statement }[];
  /** A run of release 0.1.0 asks without it. */
  readonly snapshot?: Snapshot;
}

export function createPeriodActivities({ pool }: ActivityDeps) {
  return {
    recordPeriods: async (request: RecordPeriodsRequest): Promise<void> => {
      await recordPeriods(pool, request);
      for (const { statement } of request.periods)
        await appendAuditEntry(pool, {
          customer: request.customer,
          key: `period:${statement.periodStart}:${statement.phase}`,
          kind: `period_${statement.phase}`,
          detail: { statement },
        });
    },
  };
}

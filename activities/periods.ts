/** Writing the periods as the API shows them, and their archive. */
import type { BillingStatus } from '../src/core/billing-state';
import type { DunningAccess } from '../src/core/dunning';
import type { PlanTerms } from '../src/core/plan';
import type { Statement } from '../src/core/statement';
import type { SubscriptionStanding } from '../src/core/subscription';
import { appendAuditEntry } from '../src/db/audit-entries';
import { recordPeriods } from '../src/db/period-projection';
import type { ActivityDeps } from './deps';

export interface RecordPeriodsRequest {
  readonly customer: string;
  readonly billingStatus: BillingStatus;
  readonly standing: SubscriptionStanding;
  readonly dunningAccess: DunningAccess | null;
  readonly periods: readonly { readonly terms: PlanTerms; readonly statement: Statement }[];
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

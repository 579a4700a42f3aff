/** What the API asks of the workflows; src/temporal/updates.ts asks it by Temporal. */
import type { PauseDunningRequest } from '../core/dunning/dunning';
import type { Decision } from '../core/state/exceptions';
import type { GrantRequest } from '../core/counting/grants';
import type { ChangedPlan, PlanChange, SubscriptionChange } from '../core/subscription/plan-change';
import type { TokenGrant } from '../core/state/remembered';

/** `request`: the caller's key. The same key is the same request; absent: a new one. */
export interface BillingUpdates {
  changePlan(customer: string, change: PlanChange, request?: string): Promise<ChangedPlan>;
  changeSubscription(customer: string, change: SubscriptionChange, request?: string): Promise<void>;
  grantTokens(customer: string, grant: GrantRequest, request?: string): Promise<TokenGrant>;
  resolveException(customer: string, decision: Decision, request?: string): Promise<void>;
  /** `customer`: whose case it must be; null: anybody's. */
  pauseDunning(
    customer: string | null,
    invoiceId: string,
    pause: PauseDunningRequest,
    request?: string,
  ): Promise<void>;
}

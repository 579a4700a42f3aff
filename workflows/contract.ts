/** All that callers may know of the workflows: queues, inputs, signals, updates, queries. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingState } from '../src/core/billing-state';
import type {
  DunningCase,
  DunningOutcome,
  DunningState,
  PauseDunningRequest,
} from '../src/core/dunning';
import type { Decision } from '../src/core/exceptions';
import type { GrantRequest, TokenGrant } from '../src/core/grants';
import type { ChangedPlan, PlanChange, SubscriptionChange } from '../src/core/plan-change';
import type { Statement } from '../src/core/statement';
import type { StripeEventHint } from '../src/core/stripe-event';
import type { UsageBatch } from '../src/core/usage';

export type { StripeEventHint } from '../src/core/stripe-event';

/** Workflows and the activities that touch only our own database. */
export const BILLING_TASK_QUEUE = 'billing';
/** Activities that call Stripe, rate-limited as a whole. */
export const STRIPE_TASK_QUEUE = 'stripe';

/** Workflow type of `billing:{customer}`. */
export const BILLING_WORKFLOW_TYPE = 'billing';
/** Workflow type of `dunning:{invoice}`. */
export const DUNNING_WORKFLOW_TYPE = 'dunning';

export interface BillingInput {
  readonly customer: string;
  /** Absent on the first run: everything is then read from the ledger and from Stripe. */
  readonly state?: BillingState;
  /** After so many signals the run continues as new (default 1,000). */
  readonly signalsPerRunMax?: number;
}

export interface UsageRecorded {
  readonly batches: readonly UsageBatch[];
}

export const usageRecorded = defineSignal<[UsageRecorded]>('usageRecorded');
export const stripeEvent = defineSignal<[StripeEventHint]>('stripeEvent');
/** From `dunning:{invoice}`: where its case stands. */
export const dunningStepped = defineSignal<[DunningCase]>('dunningStepped');

/** The update id of each is the caller's key: asked for again it is the same request. */
export const changePlan = defineUpdate<ChangedPlan, [PlanChange]>('changePlan');
export const changeSubscription = defineUpdate<void, [SubscriptionChange]>('changeSubscription');
export const grantTokens = defineUpdate<TokenGrant, [GrantRequest]>('grantTokens');
export const resolveException = defineUpdate<void, [Decision]>('resolveException');

export const status = defineQuery<BillingState>('status');
export const statement = defineQuery<Statement[]>('statement');

export interface DunningInput {
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  /** Unix milliseconds. */
  readonly firstFailedAt: number;
}

export interface DunningResult {
  readonly outcome: DunningOutcome;
  readonly stepsTaken: number;
}

/** To `payout:{invoice}`: its vendor's account may have changed, and is to be read again. */
export const vendorChanged = defineSignal('vendorChanged');

/** To `dunning:{invoice}`: something happened to its invoice, which is to be read again. */
export const invoiceChanged = defineSignal('invoiceChanged');
export const pauseDunning = defineUpdate<void, [PauseDunningRequest]>('pauseDunning');
export const dunningStatus = defineQuery<DunningState>('dunningStatus');

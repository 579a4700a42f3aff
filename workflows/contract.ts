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
import type { PayoutStatus } from '../src/core/payout-details';
import type { ChangedPlan, PlanChange, SubscriptionChange } from '../src/core/plan-change';
import type { Statement } from '../src/core/statement';
import type { StripeEventHint } from '../src/core/stripe-event';
import type { UsageBatch, UsageEvent } from '../src/core/usage';

export type { StripeEventHint } from '../src/core/stripe-event';

/** Workflows and the activities that touch only our own database. */
export const BILLING_TASK_QUEUE = 'billing';
/** Activities that call Stripe, rate-limited as a whole. */
export const STRIPE_TASK_QUEUE = 'stripe';

/** Workflow type of `billing:{customer}`. */
export const BILLING_WORKFLOW_TYPE = 'billing';
/** Workflow type of `dunning:{invoice}`. */
export const DUNNING_WORKFLOW_TYPE = 'dunning';
/** Workflow type of `payout:{invoice}`, and of `payout:{charge}` for a one-off sale. */
export const PAYOUT_WORKFLOW_TYPE = 'payout';

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

/** As `POST /v1/usage` takes them, but the customer is the workflow's and may be left out. */
export interface SignalledUsageEvents {
  readonly events: readonly (Omit<UsageEvent, 'customer'> & { readonly customer?: string })[];
}

export const usageRecorded = defineSignal<[UsageRecorded]>('usageRecorded');
export const stripeEvent = defineSignal<[StripeEventHint]>('stripeEvent');
/** From an app that speaks Temporal: usage that goes to the ledger first. */
export const recordUsage = defineSignal<[SignalledUsageEvents]>('recordUsage');
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

/** To `dunning:{invoice}`: something happened to its invoice, which is to be read again. */
export const invoiceChanged = defineSignal('invoiceChanged');
export const pauseDunning = defineUpdate<void, [PauseDunningRequest]>('pauseDunning');
export const dunningStatus = defineQuery<DunningState>('dunningStatus');

export interface PayoutInput {
  readonly customer: string;
  /** The paid invoice, or the charge of a one-off sale. */
  readonly source: string;
  /** Of an earlier run: how often Stripe has refused a movement, by vendor and charge. */
  readonly refusals?: Readonly<Record<string, number>>;
}

export interface PayoutResult {
  readonly vendors: readonly {
    readonly vendor: string;
    readonly earnedCents: number;
    readonly movedCents: number;
  }[];
}

/** To `payout:{source}`: money came back, or a vendor's account, minimum or debt has changed. */
export const payoutChanged = defineSignal('payoutChanged');
export const payoutStatus = defineQuery<PayoutStatus>('payoutStatus');

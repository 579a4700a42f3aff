/** All that callers may know of the workflows: queues, inputs, signals, updates, queries. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingState } from '../src/core/state/billing-state';
import type {
  DunningOutcome,
  DunningState,
  PauseDunningRequest,
} from '../src/core/dunning/dunning';
import type { Decision } from '../src/core/state/exceptions';
import type { GrantRequest } from '../src/core/counting/grants';
import type { PayoutStatus } from '../src/core/vendors/payout-details';
import type {
  ChangedPlan,
  PlanChange,
  SubscriptionChange,
} from '../src/core/subscription/plan-change';
import type { RolloutRequest, RolloutState, RolloutWord } from '../src/core/plans/rollout';
import type { SignalledUsage } from '../src/core/usage/signalled-usage';
import type { Statement } from '../src/core/invoices/statement';
import type { UsageBatch, UsageEvent } from '../src/core/usage/usage';
import type { DunningCase, TokenGrant, StripeEventHint } from '../src/core/state/remembered';

export type { StripeEventHint } from '../src/core/state/remembered';

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
/** Workflow type of `rollout:{plan}:{version}`. */
export const ROLLOUT_WORKFLOW_TYPE = 'catalogRollout';
/** Workflow type of the daily `reconciliation-{time}`. */
export const RECONCILIATION_WORKFLOW_TYPE = 'reconciliation';

export interface BillingInput {
  readonly customer: string;
  /** Absent on the first run: everything is then read from the ledger and from Stripe. */
  readonly state?: BillingState;
  /** After so many signals the run continues as new (default 1,000). */
  readonly signalsPerRunMax?: number;
  /** Left by the run before: usage that was signalled and is not in the ledger yet. */
  readonly signalled?: readonly SignalledUsage[];
}

export interface UsageRecorded {
  readonly batches: readonly UsageBatch[];
}

/** As `POST /v1/usage` takes them, but the customer is the workflow's and may be left out. */
export interface SignalledUsageEvents {
  readonly events: readonly (Omit<UsageEvent, 'customer'> & { readonly customer?: string })[];
}

export const usageRecordedSignal = defineSignal<[UsageRecorded]>('usageRecorded');
export const stripeEventSignal = defineSignal<[StripeEventHint]>('stripeEvent');
/** To the reconciliation: what was refused is tried again at once. */
export const reconcileAgainSignal = defineSignal('reconcileAgain');
export interface LostEventsInput {
  /** Somebody waits for the result: what is refused is told in it, and not tried again. */
  readonly isOnce?: boolean;
}

/** From an app that speaks Temporal: usage that goes to the ledger first. */
export const recordUsageSignal = defineSignal<[SignalledUsageEvents]>('recordUsage');
/** From `dunning:{invoice}`: where its case stands. */
export const dunningSteppedSignal = defineSignal<[DunningCase]>('dunningStepped');
/** From `dunning:{invoice}`, which is to cancel: all usage is reported, and then it is told so. */
export const flushForDunningSignal = defineSignal<[string]>('flushForDunning');

/** The update id of each is the caller's key: asked for again it is the same request. */
export const changePlanUpdate = defineUpdate<ChangedPlan, [PlanChange]>('changePlan');
export const changeSubscriptionUpdate = defineUpdate<void, [SubscriptionChange]>(
  'changeSubscription',
);
export const grantTokensUpdate = defineUpdate<TokenGrant, [GrantRequest]>('grantTokens');
export const resolveExceptionUpdate = defineUpdate<void, [Decision]>('resolveException');

export const statusQuery = defineQuery<BillingState>('status');
export const statementQuery = defineQuery<Statement[]>('statement');

export interface DunningInput {
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  /** Unix milliseconds. */
  readonly firstFailedAt: number;
  /** From the run before. Absent on the first. */
  readonly carried?: CarriedDunning;
}

export interface CarriedDunning {
  readonly state: DunningState;
  /** Whether the catalog's policy was read. */
  readonly isPolicyRead: boolean;
  /** billing:{customer} has asked where the case stands, and was not told yet. */
  readonly isAsked: boolean;
}

export interface DunningResult {
  readonly outcome: DunningOutcome;
  readonly stepsTaken: number;
}

/** To `dunning:{invoice}`: something happened to its invoice, which is to be read again. */
export const invoiceChangedSignal = defineSignal('invoiceChanged');
/** To `dunning:{invoice}`: Stripe has been told of all usage, as it has asked. */
export const usageFlushedSignal = defineSignal('usageFlushed');
export const pauseDunningUpdate = defineUpdate<void, [PauseDunningRequest]>('pauseDunning');
export const dunningStatusQuery = defineQuery<DunningState>('dunningStatus');

export interface PayoutInput {
  readonly customer: string;
  /** The paid invoice, or the charge of a one-off sale. */
  readonly source: string;
  /** How often Stripe has refused a movement in an earlier run, by vendor and charge. */
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
export const payoutChangedSignal = defineSignal('payoutChanged');
export const payoutStatusQuery = defineQuery<PayoutStatus>('payoutStatus');

export interface RolloutInput {
  readonly request: RolloutRequest;
  /** Absent on the first run. */
  readonly state?: RolloutState;
  /** After so many events of its history it continues as new (default 2,000). */
  readonly eventsPerRunMax?: number;
}

export interface RolloutResult {
  readonly phase: 'done' | 'canceled';
  readonly moved: number;
  readonly leftOut: RolloutState['leftOut'];
}

/** Nobody is moved before it is approved. Each answers with the state that came of it. */
export const approveRolloutUpdate = defineUpdate<RolloutState, [RolloutWord]>('approve');
export const pauseRolloutUpdate = defineUpdate<RolloutState, [RolloutWord]>('pause');
/** `skip`: whoever was refused stays on the prices they have. */
export const resumeRolloutUpdate = defineUpdate<RolloutState, [RolloutWord & { skip?: boolean }]>(
  'resume',
);
export const cancelRolloutUpdate = defineUpdate<RolloutState, [RolloutWord]>('cancel');
export const rolloutStatusQuery = defineQuery<RolloutState>('rolloutStatus');
